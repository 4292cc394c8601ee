import type { PeopleCommand } from './command.js'
import { changePassword, renew, revoke } from './commands/account.js'
import { fetch, people, trust } from './commands/acquaintance.js'
import { audit } from './commands/audit.js'
import { chat } from './commands/chat.js'
import { completionOf } from './commands/completion.js'
import { conversations, invite, leave, start } from './commands/conversations.js'
import { accept, decline, invitations } from './commands/invitations.js'
import { join } from './commands/join.js'
import { listen } from './commands/listen.js'
import { send } from './commands/send.js'
import { login, recover, register } from './commands/sign-on.js'
import { whoami } from './commands/whoami.js'
import { KEY_PASSWORD_FD } from './passwords.js'
import { PROFILE } from './profile.js'

/** Every command for people, in the order of the help. */
export const PEOPLE_COMMANDS: readonly PeopleCommand[] = [
  join,
  register,
  login,
  whoami,
  fetch,
  trust,
  people,
  chat,
  start,
  conversations,
  invite,
  leave,
  invitations,
  accept,
  decline,
  send,
  listen,
  renew,
  changePassword,
  revoke,
  recover,
  audit,
  completionOf(() => PEOPLE_COMMANDS),
].map((command) => ({
  ...command,
  options: { ...command.options, profile: PROFILE, 'key-password-fd': KEY_PASSWORD_FD },
}))
