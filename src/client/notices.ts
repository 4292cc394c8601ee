import type { FingerprintChange } from './contacts.js'
import { Inbox } from './inbox.js'
import type { Conversation } from './live/conversation.js'
import type { LinkChange } from './live/link.js'
import type { SentInvitation } from './live/sent-invitation.js'
import type { VerificationError } from './verification-error.js'

/** What a person should hear of, beside the events of conversations. */
export type Notice =
  /** Somebody shows another certificate than the one remembered. */
  | { readonly type: 'fingerprint_changed'; readonly change: FingerprintChange }
  /** This device has a new certificate; `notAfter` is RFC 3339. */
  | { readonly type: 'certificate_renewed'; readonly fingerprint: string; readonly notAfter: string }
  /** This device's certificate could not be renewed; it is tried again. */
  | { readonly type: 'renewal_failed'; readonly error: Error }
  /** The connection to the hub; `waiting` comes back by itself, `retryInMs` milliseconds later. */
  | ({ readonly type: 'link' } & LinkChange)
  /** A conversation that this device did not know: started or joined, here or on another device. */
  | { readonly type: 'conversation'; readonly conversation: Conversation }
  /** Somebody accepted, and this client could not confirm him by itself. */
  | { readonly type: 'not_confirmed'; readonly invitation: SentInvitation; readonly error: Error }
  /** Whether the root has revoked a CA since `nextUpdate` (RFC 3339) cannot be known: the server has no newer CRL. */
  | { readonly type: 'crl_outdated'; readonly nextUpdate: string }
  /** Of a stay that has ended, what was said is here, but not for sure whether whoever said it was a member. */
  | { readonly type: 'members_unverified'; readonly conversation: string }
  /** The hub showed what does not hold; of a conversation nothing more is taken. */
  | { readonly type: 'refused'; readonly error: VerificationError; readonly conversation?: string }

/** So many wait for a reader; then the oldest are forgotten. */
const NOTICES_MAX = 256

/** Notices, for one reader. */
export class Notices {
  readonly inbox = new Inbox<Notice>(NOTICES_MAX)

  tell(notice: Notice): void {
    this.inbox.put(notice)
  }
}
