import type { InvitationId } from '../../wire/formats.js'
import type { Invitation } from './state.js'

type Layer = ReadonlyMap<InvitationId, Invitation>

/**
 * The invitations of a conversation by id, first those that have ended. Immutable: `with` makes the next table. Those
 * that have ended lie in layers, each larger than all behind it, that tables share: whatever has ended in a long
 * life, the next table costs no more than the open ones, but for a layer that grows now and then.
 */
export class Invitations implements ReadonlyMap<InvitationId, Invitation> {
  readonly #open: Layer
  readonly #ended: readonly Layer[]

  private constructor(open: Layer, ended: readonly Layer[]) {
    this.#open = open
    this.#ended = ended
  }

  static of(invitations: Iterable<Invitation>): Invitations {
    const open = new Map<InvitationId, Invitation>()
    const ended = new Map<InvitationId, Invitation>()
    for (const invitation of invitations) (invitation.endedSeq === null ? open : ended).set(invitation.id, invitation)
    return new Invitations(open, ended.size === 0 ? [] : [ended])
  }

  /** Those without an end, in the order they were made. */
  get open(): Iterable<Invitation> {
    return this.#open.values()
  }

  get size(): number {
    return this.#ended.reduce((sum, { size }) => sum + size, this.#open.size)
  }

  get(id: InvitationId): Invitation | undefined {
    const open = this.#open.get(id)
    if (open) return open
    for (const layer of this.#ended) {
      const ended = layer.get(id)
      if (ended) return ended
    }
    return undefined
  }

  has(id: InvitationId): boolean {
    return this.get(id) !== undefined
  }

  /** The table with a new invitation, or with the next state of one that is open. */
  with(invitation: Invitation): Invitations {
    const open = new Map(this.#open)
    if (invitation.endedSeq === null) return new Invitations(open.set(invitation.id, invitation), this.#ended)
    open.delete(invitation.id)
    return new Invitations(open, withLayer(this.#ended, new Map([[invitation.id, invitation]])))
  }

  /** Those that are not the same in `before`. Looks at nothing that both tables share. */
  changedSince(before: Invitations): readonly Invitation[] {
    const layers = [...this.#ended.filter((layer) => !before.#ended.includes(layer)), this.#open]
    return layers.flatMap((layer) => [...layer.values()].filter((one) => before.get(one.id) !== one))
  }

  *entries(): MapIterator<[InvitationId, Invitation]> {
    for (const layer of [...this.#ended, this.#open]) yield* layer.entries()
  }

  *keys(): MapIterator<InvitationId> {
    for (const [id] of this.entries()) yield id
  }

  *values(): MapIterator<Invitation> {
    for (const [, invitation] of this.entries()) yield invitation
  }

  [Symbol.iterator](): MapIterator<[InvitationId, Invitation]> {
    return this.entries()
  }

  forEach(visit: (invitation: Invitation, id: InvitationId, table: ReadonlyMap<InvitationId, Invitation>) => void) {
    for (const [id, invitation] of this) visit(invitation, id, this)
  }
}

/** Two layers become one when the last is as large as the one before it. */
function withLayer(layers: readonly Layer[], last: Layer): readonly Layer[] {
  const before = layers.at(-1)
  if (!before || before.size > last.size) return [...layers, last]
  return withLayer(layers.slice(0, -1), new Map([...before, ...last]))
}
