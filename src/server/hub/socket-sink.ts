import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { EncodedEvent } from '../../hub/delivery/encoded-event.js'
import type { Sink } from '../../hub/delivery/sink.js'
import { closeFor, type StandingRefusal } from '../../hub/standing.js'
import type { Gap } from '../../wire/events.js'
import { CLOSE, type Close } from '../../wire/frames.js'
import type { WireFigures } from '../metrics/wire-figures.js'
import { encodeNotification } from './json-rpc.js'

/** A peer that does not answer our close within this time is cut off. */
const CLOSE_MS = 2000

/** Bytes that may wait to be sent before no more requests are answered: the longest answer, and some. */
const BEHIND_BYTES = 1024 * 1024

/** Writes frames to a WebSocket; what one turn of the event loop writes leaves as one piece. */
export class SocketSink implements Sink {
  readonly #socket: WebSocket
  readonly #raw: Socket
  readonly #sent: WireFigures['sent']
  readonly #failed: (error: unknown) => void
  #isCorked = false

  constructor(socket: WebSocket, raw: Socket, sent: WireFigures['sent'], failed: (error: unknown) => void) {
    this.#socket = socket
    this.#raw = raw
    this.#sent = sent
    this.#failed = failed
  }

  get backlog(): number {
    return this.#socket.bufferedAmount
  }

  /** Whether the client leaves too much unread. The socket emits `drain` when all is sent. */
  get isBehind(): boolean {
    return this.backlog > BEHIND_BYTES
  }

  event(event: EncodedEvent): void {
    this.#sent.event += 1
    this.#write(event.frame)
  }

  gap(gap: Gap): void {
    this.notify('gap', JSON.stringify(gap))
  }

  synced(): void {
    this.notify('synced', '{}')
  }

  held(): void {}

  notify(method: string, params: string): void {
    this.#sent.notification += 1
    this.#write(encodeNotification(method, params))
  }

  close({ code, reason }: Close): void {
    this.#socket.close(code, reason)
    // What still comes is not looked at, but the peer's own close is behind it.
    this.#socket.resume()
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref()
  }

  refuse(refusal: StandingRefusal): void {
    this.close(closeFor(refusal))
  }

  fail(error: unknown): void {
    this.#failed(error)
    this.close(CLOSE.overloaded)
  }

  /** An answer to a request. */
  answer(frame: string): void {
    this.#sent.answer += 1
    this.#write(frame)
  }

  #write(frame: string | Buffer): void {
    this.#cork()
    this.#socket.send(frame, { binary: false })
  }

  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#raw.cork()
    process.nextTick(() => {
      this.#isCorked = false
      this.#raw.uncork()
    })
  }
}
