import type { WebSocket } from 'ws'
import { parse } from '../support/sockets.js'

/** Events after which a reader acknowledges. */
const ACKNOWLEDGE_EVERY = 16

/** One that reads events, in order and without hole or double, or stops reading. */
export class Reader {
  readonly #socket: WebSocket
  readonly #conversation: string
  readonly #acknowledges: boolean
  #last = 0
  #awaited = Number.POSITIVE_INFINITY
  #arrived: () => void = () => {}

  /** `acknowledges`: false for `?ack=auto`, where writing to the socket is enough. */
  constructor(socket: WebSocket, conversation: string, acknowledges: boolean, last: number) {
    this.#socket = socket
    this.#conversation = conversation
    this.#acknowledges = acknowledges
    this.#last = last
    socket.on('message', (data) => this.#receive(data))
    socket.on('close', (code) => {
      if (this.#last < this.#awaited) throw new Error(`a reader was closed with ${code}`)
    })
  }

  stall(): void {
    this.#socket.pause()
  }

  /** Reads again; resolves when `seq` has come. */
  async readUpTo(seq: number): Promise<void> {
    this.#awaited = seq
    this.#socket.resume()
    if (this.#last < seq)
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    this.#acknowledge()
  }

  #receive(data: unknown): void {
    const { method, params } = parse(data)
    if (method === 'gap') throw new Error('a gap')
    if (method !== 'event') return
    if (params?.seq !== this.#last + 1) throw new Error(`event ${String(params?.seq)} came after ${this.#last}`)
    this.#last += 1
    if (this.#last % ACKNOWLEDGE_EVERY === 0) this.#acknowledge()
    if (this.#last === this.#awaited) this.#arrived()
  }

  #acknowledge(): void {
    if (!this.#acknowledges) return
    const params = { conversation: this.#conversation, seq: this.#last }
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'ack', params }))
  }
}
