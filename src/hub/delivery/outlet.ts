import { RESTORED_SEQS } from '../../store/restored-seqs.js'
import type { HubMeter } from '../meter.js'
import type { SessionOptions } from '../session-options.js'
import { AckSample } from './ack-sample.js'
import type { EncodedEvent } from './encoded-event.js'
import type { Feed } from './feed.js'
import type { Sink } from './sink.js'
import { Window } from './window.js'

/** Bytes a socket may hold back before nothing more is given to it: TLS keeps about as much again. */
const BACKLOG_BYTES = 64 * 1024

/** Where a connection is given the events of its conversations: its sink, within its window. */
export class Outlet {
  readonly #options: SessionOptions
  readonly #sink: Sink
  readonly #meter: HubMeter
  readonly #window: Window
  readonly #sample: AckSample

  constructor(options: SessionOptions, sink: Sink, meter: HubMeter) {
    this.#options = options
    this.#sink = sink
    this.#meter = meter
    this.#window = new Window(options.windowEvents, options.windowBytes)
    this.#sample = new AckSample(options.clock, meter)
  }

  get window(): Pick<Window, 'isOpen' | 'heldSince' | 'events' | 'bytes'> {
    return this.#window
  }

  get backlog(): number {
    return this.#sink.backlog
  }

  /** Whether the socket takes more. */
  get hasRoom(): boolean {
    return this.#sink.backlog <= BACKLOG_BYTES
  }

  /** How much to read from the log at once. */
  get page(): { readonly limit: number; readonly maxBytes: number } {
    const { limit, maxBytes } = this.#window.page
    return { limit, maxBytes: Math.min(maxBytes, BACKLOG_BYTES - this.#sink.backlog) }
  }

  /** Whether an event may be given now. */
  mayWrite(): boolean {
    if (!this.hasRoom) return false
    if (this.#window.isOpen) return true
    this.hold()
    return false
  }

  /** The window is full, and there is more to give. */
  hold(): void {
    if (!this.#window.hold(this.#options.clock())) return
    this.#meter.held()
    this.#sink.held()
  }

  /** `isLive`: it was committed just now. */
  write(feed: Feed, type: string, event: EncodedEvent, isLive: boolean): void {
    const view = event.viewFor(this.#options.username, type)
    this.#meter.gave(isLive)
    if (feed.wasGiven(event.seq)) this.#meter.gaveAgain()
    feed.wrote(event.seq, view.bytes)
    this.#window.add(view.bytes)
    this.#sink.event(view)
    if (!this.#options.autoAcknowledge) this.#sample.gave(feed, event.seq)
  }

  /** Says so if events before `seq` are no longer in the log. */
  bridge(feed: Feed, seq: number): void {
    const range = feed.bridge(seq)
    if (!range) return
    const reason = range.to - range.from + 1 >= RESTORED_SEQS ? 'restored' : 'retention'
    this.#meter.gap(reason)
    this.#sink.gap({ conversation: feed.uuid, ...range, reason })
  }

  /** The cursor of a conversation is moved. */
  acknowledge(feed: Feed, seq: number): void {
    this.#window.free(feed.acknowledge(seq))
    this.#sample.acknowledged(feed)
  }
}
