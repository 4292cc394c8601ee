import { v7 } from 'uuid'
import type { WebSocket } from 'ws'
import { parse } from './sockets.js'

/** Sends to several conversations in turn on one connection, so many at once, each answered when it is stored. */
export class Sender {
  readonly #socket: WebSocket
  readonly #conversations: readonly string[]
  readonly #inFlightMax: number
  #inFlight = 0
  #left = 0
  #turn = 0
  #done: () => void = () => {}
  /** Messages stored so far. */
  stored = 0

  constructor(socket: WebSocket, conversations: readonly string[], inFlightMax: number) {
    this.#socket = socket
    this.#conversations = conversations
    this.#inFlightMax = inFlightMax
    socket.on('message', (data) => this.#receive(data))
  }

  /** Sends `count` messages; resolves when all are stored. */
  send(count: number, payload: string): Promise<void> {
    this.#left = count
    return new Promise((resolve) => {
      this.#done = resolve
      this.#fill(payload)
      this.#refill = () => this.#fill(payload)
    })
  }

  stop(): void {
    this.#left = 0
  }

  #refill: () => void = () => {}

  #fill(payload: string): void {
    for (; this.#left > 0 && this.#inFlight < this.#inFlightMax; this.#inFlight += 1) {
      const conversation = this.#conversations[this.#turn % this.#conversations.length]
      this.#turn += 1
      this.#left -= 1
      const params = { conversation, messageId: v7(), payload }
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'message', method: 'send', params }))
    }
    if (this.#left + this.#inFlight === 0) this.#done()
  }

  #receive(data: unknown): void {
    const { id, result } = parse(data)
    if (id !== 'message') return
    if (!result) throw new Error(`a message was refused: ${String(data)}`)
    this.stored += 1
    this.#inFlight -= 1
    this.#refill()
  }
}
