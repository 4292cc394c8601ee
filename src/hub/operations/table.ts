import { accept } from './accept.js'
import { ack, acknowledgeConversation, acknowledgeInvitation } from './ack.js'
import { confirm } from './confirm.js'
import { conversations } from './conversations.js'
import { cancel, decline } from './end-invitation.js'
import { events } from './events.js'
import { history } from './history.js'
import { invite } from './invite.js'
import { leave } from './leave.js'
import { members } from './members.js'
import type { Operation } from './operation.js'
import { send } from './send.js'
import { signal } from './signal.js'
import { start } from './start.js'
import { whoami } from './whoami.js'

/** Every operation of the hub. Both faces, the documents and the tests are made from this table. */
export const OPERATIONS = [
  start,
  invite,
  accept,
  confirm,
  decline,
  cancel,
  leave,
  send,
  signal,
  ack,
  acknowledgeConversation,
  acknowledgeInvitation,
  conversations,
  members,
  history,
  whoami,
  events,
] as unknown as readonly Operation[]
