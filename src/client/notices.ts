import type { FingerprintChange } from './contacts.js'
import { Inbox } from './inbox.js'

/** What a person should hear of, beside the events of conversations. */
export type Notice =
  /** Somebody shows another certificate than the one remembered. */
  | { readonly type: 'fingerprint_changed'; readonly change: FingerprintChange }
  /** This device has a new certificate; `notAfter` is RFC 3339. */
  | { readonly type: 'certificate_renewed'; readonly fingerprint: string; readonly notAfter: string }

/** So many wait for a reader; then the oldest are forgotten. */
const NOTICES_MAX = 256

/** Notices, for one reader. */
export class Notices {
  readonly inbox = new Inbox<Notice>(NOTICES_MAX)

  tell(notice: Notice): void {
    this.inbox.put(notice)
  }
}
