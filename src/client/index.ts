export { Account } from './account.js'
export { CLIENT_CODES, type ClientCode, ClientError } from './client-error.js'
export type { CloseReason } from './close-reason.js'
export { type ChangeKind, type Contact, type FingerprintChange, FingerprintChangedError } from './contacts.js'
export { HermesClient } from './hermes-client.js'
export type { KeyKind } from './keys.js'
export {
  Conversation,
  type EventsOptions,
  type HistoryOptions,
  type SendOptions,
} from './live/conversation.js'
export type { ConnectOptions } from './live/hub-link.js'
export { Invitation, type InvitationState } from './live/invitation.js'
export type { LinkChange, LinkState } from './live/link.js'
export { LinkClosedError } from './live/link-closed-error.js'
export type { GapEvent } from './live/log-event.js'
export type { ReadEvent, ReadMessage, Seal } from './live/opener.js'
export type { Sent } from './live/say.js'
export type { InviteOptions } from './live/sent.js'
export { type SentEnd, SentInvitation, type SentState } from './live/sent-invitation.js'
export type { Signal } from './live/signal-post.js'
export type { Notice } from './notices.js'
export type { JoinOptions, OpenOptions } from './open-home.js'
export { People } from './people.js'
export { Refusal } from './refusal.js'
export { STATEMENT_TYPE as SEALING_KEY_TYPE } from './sealing/statement.js'
export type { RecoverOptions, RegisterOptions, SignOn } from './sign-on.js'
export { VERIFICATION_CODES, type VerificationCode, VerificationError } from './verification-error.js'
