import { emptyConversation } from '../../../src/hub/conversation/evolve.js'
import { changes } from '../../../src/hub/conversation/projection.js'
import type { Conversation } from '../../../src/hub/conversation/state.js'
import type { ConversationSnapshot, StoredInvitation, StoredMember } from '../../../src/store/records.js'

/** The rows as a store keeps them: whole, inserted or replaced by their keys. */
export class Projection {
  readonly #stays = new Map<string, StoredMember>()
  readonly #invitations = new Map<string, StoredInvitation>()

  constructor(start: Conversation) {
    this.store(emptyConversation(start.id), start)
  }

  store(before: Conversation, after: Conversation): void {
    const { stays, invitations } = changes(before, after)
    for (const stay of stays) this.#stays.set(`${stay.userId} ${stay.fromSeq}`, stay)
    for (const invitation of invitations) this.#invitations.set(invitation.id, invitation)
  }

  snapshot({ id: uuid, lastSeq, epoch, members }: Conversation): ConversationSnapshot {
    const stays = [...this.#stays.values()].sort((a, b) => a.fromSeq - b.fromSeq)
    const invitations = [...this.#invitations.values()].sort((a, b) => a.invitedSeq - b.invitedSeq)
    return { id: 1, uuid, createdBy: 1, lastSeq, epoch, closed: members.size === 0, stays, invitations }
  }
}
