import type { Party } from '../../wire/events.js'
import type { FingerprintChange } from '../contacts.js'
import type { Conversation } from './conversation.js'
import type { Received } from './received.js'
import type { ReceivedEntry } from './received-entry.js'

/** `accepted`: the inviter's client has yet to confirm. */
export type InvitationState = 'open' | 'accepted' | 'joined' | 'declined' | 'cancelled' | 'expired'

/**
 * An invitation to this user, verified: the certificate of the inviter up to the pinned root, and that he is a
 * member. Whether `from.fingerprint` is the person it should be is for people to say.
 */
export class Invitation {
  readonly id: string
  /** Id of the conversation. */
  readonly conversation: string
  /** Who invites, under which certificate: show it. */
  readonly from: Party
  /** Those who are in it, by name, the inviter among them. */
  readonly members: readonly Party[]
  /** RFC 3339. */
  readonly expiresAt: string
  /** base64url, what the inviter's program added for this one's. */
  readonly attachment: string | undefined
  readonly #entry: ReceivedEntry
  readonly #received: Received

  /** @internal */
  constructor(entry: ReceivedEntry, received: Received) {
    const { invitation, conversation, from, members, expiresAt, attachment } = entry.record.event
    this.id = invitation
    this.conversation = conversation
    this.from = { username: from.username, fingerprint: from.fingerprint }
    this.members = members
    this.expiresAt = expiresAt
    this.attachment = attachment
    this.#entry = entry
    this.#received = received
  }

  get state(): InvitationState {
    return this.#entry.state
  }

  /** Whether `people.trust` was called for the inviter's key. */
  get compared(): boolean {
    return this.#received.isCompared(this.#entry)
  }

  /** Not null where the inviter has another key than the one remembered: `people.trust` him first, or decline. */
  get change(): FingerprintChange | null {
    return this.#received.changeOf(this.#entry)
  }

  /**
   * Accepts: signs everything this side was shown, with a challenge of its own. Resolves when the hub has it; the
   * inviter's client then confirms, and `joined` resolves. `attachment` is base64url for that client, 64 KiB at most.
   *
   * Rejects with FingerprintChangedError while `change` is not null; with ClientError `invitation_ended`; with
   * Refusal.
   *
   * @example
   * console.log(`${invitation.from.username} invites, ${invitation.from.fingerprint}`)
   * await invitation.accept()
   * const conversation = await invitation.joined()
   * await conversation.send('thank you')
   */
  accept({ attachment }: { readonly attachment?: string } = {}): Promise<void> {
    return this.#received.accept(this.#entry, attachment)
  }

  /**
   * Resolves when this user has become a member, by two signatures that were verified here.
   *
   * Rejects with ClientError `invitation_ended` when it came to another end, and `link_ended` with `close`.
   *
   * @example
   * await invitation.accept()
   * const { members } = await invitation.joined()
   */
  joined(): Promise<Conversation> {
    return this.#entry.joined.promise
  }

  /**
   * Declines; `reason` is for people, 256 characters at most.
   *
   * Rejects with ClientError `invitation_ended`; with Refusal.
   *
   * @example
   * await invitation.decline('not now')
   */
  decline(reason?: string): Promise<void> {
    return this.#received.decline(this.#entry, reason)
  }
}
