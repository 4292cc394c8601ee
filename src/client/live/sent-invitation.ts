import type { Confirmation } from '../inviter.js'
import type { SentEntry, SentInvitations } from './sent.js'

export type SentEnd = 'joined' | 'declined' | 'cancelled' | 'expired'
export type SentState = 'invited' | 'accepted' | SentEnd

/** An invitation that this device made. */
export class SentInvitation {
  readonly id: string
  /** Who is invited, under which certificate. */
  readonly username: string
  readonly fingerprint: string
  /** RFC 3339. */
  readonly expiresAt: string
  readonly #entry: SentEntry
  readonly #sent: SentInvitations

  /** @internal */
  constructor(entry: SentEntry, sent: SentInvitations) {
    const { params, answer } = entry.record
    this.id = answer.invitation
    this.username = params.username
    this.fingerprint = params.fingerprint
    this.expiresAt = answer.expiresAt
    this.#entry = entry
    this.#sent = sent
  }

  get state(): SentState {
    return this.#entry.state
  }

  /**
   * Resolves when he has accepted, with his signature verified; `attachment` is what his program added, base64url.
   *
   * Rejects with VerificationError when the acceptance does not hold; with ClientError `invitation_ended`, and
   * `link_ended` with `close`.
   *
   * @example
   * const { attachment } = await sent.accepted()
   */
  async accepted(): Promise<{ readonly attachment?: string }> {
    const { attachment } = await this.#entry.accepted.promise
    return attachment === undefined ? {} : { attachment }
  }

  /**
   * Confirms, which makes him a member: signs over the members as this device's log has them. The client does so by
   * itself unless `autoConfirm` was false. Waits for `accepted`. `attachment` (for him) and `commit` (for all) are
   * base64url, 192 KiB at most.
   *
   * Rejects as `accepted` does; with VerificationError `roster_mismatch` when the hub has other members than its log;
   * with Refusal, such as `epoch_conflict`.
   *
   * @example
   * await sent.confirm({ attachment: 'd2VsY29tZQ' })
   */
  confirm(options: Omit<Confirmation, 'members'> = {}): Promise<void> {
    return this.#sent.confirm(this.#entry, options)
  }

  /**
   * Takes it back; `reason` is for people, 256 characters at most.
   *
   * Rejects with ClientError `invitation_ended`; with Refusal.
   *
   * @example
   * await sent.cancel('wrong person')
   */
  cancel(reason?: string): Promise<void> {
    return this.#sent.cancel(this.#entry, reason)
  }

  /**
   * Resolves with how it ended. Rejects with ClientError `link_ended` with `close`.
   *
   * @example
   * const how = await sent.ended()
   * if (how !== 'joined') console.log(`${sent.username} did not join: ${how}`)
   */
  ended(): Promise<SentEnd> {
    return this.#entry.ended.promise
  }
}
