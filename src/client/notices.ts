import type { CloseReason } from './close-reason.js'
import type { FingerprintChange } from './contacts.js'
import { Inbox } from './inbox.js'
import type { VerificationError } from './verification-error.js'

/** What a person should hear of, beside the events of conversations. */
export type Notice =
  /** The connection stands, and everything that waited has been received. */
  | { readonly type: 'online' }
  /** The connection ended, or did not come about; it is tried again by itself after so many milliseconds. */
  | { readonly type: 'offline'; readonly reason: CloseReason | Error; readonly retryInMs: number }
  /** The connection ended, and is not tried again: why, and what to do. */
  | { readonly type: 'stopped'; readonly reason: CloseReason | Error }
  /** Somebody shows another certificate than the one remembered. */
  | { readonly type: 'fingerprint_changed'; readonly change: FingerprintChange }
  /** The server, or somebody, showed what does not hold. */
  | { readonly type: 'lie'; readonly error: VerificationError; readonly conversation?: string }
  /** This device has a new certificate; `notAfter` is RFC 3339. */
  | { readonly type: 'certificate_renewed'; readonly fingerprint: string; readonly notAfter: string }
  /** The certificate could not be renewed; it is tried again. */
  | { readonly type: 'renewal_failed'; readonly error: Error; readonly notAfter: string }

/** So many wait for a reader; then the oldest are forgotten. */
const NOTICES_MAX = 256

/** Notices, for one reader. */
export class Notices {
  readonly inbox = new Inbox<Notice>(NOTICES_MAX)

  tell(notice: Notice): void {
    this.inbox.put(notice)
  }
}
