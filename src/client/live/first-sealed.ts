import { createHash } from 'node:crypto'
import { SEALED_TYPE } from '../sealing/sealed-message.js'
import type { Message } from './arrivals.js'

/** In no text: there its quotes are escaped. */
const SEALED = `"contentType":"${SEALED_TYPE}"`
/** In the order in which an event is written. */
const SAID = /"from":\{"username":"([^"]+)".*?"seq":(\d+),.*?"messageId":"([^"]+)"/

/** Bytes of a hash that tell one message from all others. */
const KEY_BYTES = 6

/** Where each sealed message of one file stands first: a hub that shows one again does not make it said twice. */
export class FirstSealed {
  readonly #seqs = new Map<number, number>()

  /** A line of a journal. */
  note(line: string): void {
    if (!line.includes(SEALED)) return
    const [, username, seq, messageId] = SAID.exec(line) ?? []
    if (username === undefined || messageId === undefined) return
    const key = keyOf(username, messageId)
    if (!this.#seqs.has(key)) this.#seqs.set(key, Number(seq))
  }

  /** Whether the message stands in an earlier place too. */
  isRepeated({ seq, messageId, from }: Pick<Message, 'seq' | 'messageId' | 'from'>): boolean {
    return (this.#seqs.get(keyOf(from.username, messageId)) ?? seq) < seq
  }
}

function keyOf(username: string, messageId: string): number {
  return createHash('sha256').update(`${username} ${messageId}`).digest().readUIntBE(0, KEY_BYTES)
}
