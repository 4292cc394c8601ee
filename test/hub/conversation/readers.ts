import { concernedBy } from '../../../src/hub/conversation/concerned.js'
import type { Event } from '../../../src/hub/conversation/events.js'
import type { Conversation } from '../../../src/hub/conversation/state.js'
import { actor, USERS } from './world.js'

interface Stay {
  readonly from: number
  to: number | null
}

/** Delivery as it is meant: members hear of what happens, and whom it concerns beyond them. */
export class Readers {
  readonly #stays = new Map<string, Stay[]>()
  readonly #heard = new Map<string, number[]>()
  #members = new Set<string>()

  constructor(creator: string) {
    this.#members.add(creator)
    this.#stays.set(creator, [{ from: 1, to: null }])
    this.#heard.set(creator, [1])
  }

  read(after: Conversation, event: Event): void {
    const seq = after.lastSeq
    const concerned = USERS.find((name) => actor(name).userId === concernedBy(after, event)) ?? null
    if (event.type === 'joined' && concerned) {
      this.#members.add(concerned)
      this.#stays.set(concerned, [...(this.#stays.get(concerned) ?? []), { from: seq, to: null }])
    }
    for (const name of this.#members) this.#heard.set(name, [...(this.#heard.get(name) ?? []), seq])
    if (event.type === 'left' && concerned) {
      this.#members.delete(concerned)
      const stay = this.#stays.get(concerned)?.at(-1)
      if (stay) stay.to = seq
    }
    this.#checkConcerned(after, event, concerned)
  }

  /** Everybody heard exactly the events of his stays. */
  check(state: Conversation): void {
    for (const name of USERS) {
      const stays = this.#stays.get(name) ?? []
      const due = stays.flatMap(({ from, to }) => range(from, to ?? state.lastSeq))
      const heard = this.#heard.get(name) ?? []
      if (due.join() !== heard.join()) throw new Error(`${name} heard ${heard.join()}, not ${due.join()}`)
      if (state.members.has(name) !== (stays.at(-1)?.to === null)) throw new Error(`${name}: is he a member?`)
    }
  }

  #checkConcerned(after: Conversation, event: Event, concerned: string | null): void {
    if (!('invitation' in event) || event.type === 'accepted') return
    const invitee = after.invitations.get(event.invitation)?.invitee.username
    if (concerned !== invitee) throw new Error(`${event.type} concerns ${invitee}, not ${concerned}`)
  }
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
