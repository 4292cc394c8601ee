import type { EventLog, OpenInvitation } from '../store/event-log.js'
import type { IdentityStore } from '../store/identity-store.js'
import type { ConversationId, InvitationId } from '../wire/formats.js'
import type { Conversations } from './conversations.js'
import { submitByServer, whyNotGood } from './operations/settle-invitation.js'

/** Invitations that are looked at together. */
const PAGE = 100

/**
 * Withdraws the open invitations of a user whose certificate in them is no longer good. Nothing rests on it: what
 * was not withdrawn, because the process died or a certificate ended by time alone, is when somebody makes a move.
 */
export class Withdrawals {
  readonly #identities: Pick<IdentityStore, 'findByFingerprint'>
  readonly #log: EventLog
  readonly #conversations: Conversations
  readonly #now: () => Date

  constructor(
    identities: Pick<IdentityStore, 'findByFingerprint'>,
    log: EventLog,
    conversations: Conversations,
    now: () => Date,
  ) {
    this.#identities = identities
    this.#log = log
    this.#conversations = conversations
    this.#now = now
  }

  /** Resolves when they are withdrawn, or about to be. */
  async settle(userId: number): Promise<void> {
    for (let after = ''; ; ) {
      const page = await this.#log.findOpenInvitations(userId, after, PAGE)
      await Promise.all(page.map((invitation) => this.#look(invitation)))
      const last = page.at(-1)
      if (!last || page.length < PAGE) return
      after = last.invitation
    }
  }

  async #look({ invitation, uuid, fingerprint }: OpenInvitation): Promise<void> {
    const record = await this.#identities.findByFingerprint(fingerprint)
    // A departure ends them, with its own reason.
    if (!record || record.user.departure) return
    const at = this.#now().getTime()
    const why = whyNotGood(record, at)
    const queue = why && (await this.#conversations.open(uuid as ConversationId))
    if (!queue) return
    const reason = `${record.user.username}: ${why}`
    submitByServer(queue, { type: 'withdraw', at, invitation: invitation as InvitationId, reason })
  }
}
