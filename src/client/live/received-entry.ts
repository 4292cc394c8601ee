import type { Conversation } from './conversation.js'
import type { Deferred } from './deferred.js'
import type { InvitationState } from './invitation.js'
import type { ReceivedRecord } from './invitation-files.js'

/** An invitation to this user, and how far it has come. */
export interface ReceivedEntry {
  record: ReceivedRecord
  state: InvitationState
  readonly joined: Deferred<Conversation>
  /** Whether a reader has it. */
  isGiven: boolean
}
