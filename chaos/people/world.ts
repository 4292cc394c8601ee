import type { Pin } from '../../src/client/certificates.js'
import type { HistoryDirectory } from '../history/directory.js'
import type { Random } from '../random.js'
import type { Person } from './person.js'

/** A server as clients reach it. */
export interface Node {
  readonly identityUrl: string
  readonly hubUrl: string
}

/** Clocks of servers are set ahead by so much at most. */
export const AHEAD_MS = 3_600_000

/** What everybody in a run shares. */
export class World {
  readonly nodes: readonly Node[]
  readonly pin: Pin
  readonly history: HistoryDirectory
  readonly people: Person[] = []
  /** Nobody begins anything of his own any more. */
  isSettling = false
  #connections = 0

  constructor(nodes: readonly Node[], pin: Pin, history: HistoryDirectory) {
    this.nodes = nodes
    this.pin = pin
    this.history = history
  }

  node(random: Random): Node {
    const node = random.pick(this.nodes)
    if (!node) throw new Error('there is no server')
    return node
  }

  nextConnection(): number {
    this.#connections += 1
    return this.#connections
  }

  /** A time at which certificates are good, also those that a clock that was ahead gave a beginning. */
  time(): Date {
    return new Date(Date.now() + AHEAD_MS)
  }

  /** Asked for so far. */
  get connections(): number {
    return this.#connections
  }

  get present(): readonly Person[] {
    return this.people.filter(({ isGone, credentials }) => !isGone && credentials !== null)
  }
}
