import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { Seq } from '../../wire/formats.js'
import { ClientError } from '../client-error.js'
import { LogState } from '../log/state.js'
import { syncFolder } from '../state/files.js'
import { linesOf } from '../state/lines.js'
import { type LogEvent, parseLogEvent } from './log-event.js'

const EVENT = '{"event":'
/** In no text: there its quotes are escaped. */
const MESSAGE = '"type":"message"'

/** A line of a journal: an event, the state after all before, or up to where a reader took them. */
type Entry = { readonly event: LogEvent } | { readonly state: LogState } | { readonly taken: number }

const Other = z.union([z.object({ state: LogState }), z.object({ taken: Seq })])

function parseEntry(text: string): Entry {
  const value: unknown = JSON.parse(text)
  return text.startsWith(EVENT) ? { event: parseLogEvent((value as { event: unknown }).event) } : Other.parse(value)
}

/** Where in the file an event stands. */
interface Mark {
  readonly seq: number
  readonly offset: number
}

/** Of so many events one is remembered by its place, so that a page is found without reading all before it. */
const MARK_EVENTS = 64

/** What one conversation came to, as its file says. */
export interface Recalled {
  readonly state: LogState
  readonly taken: number
}

/**
 * One conversation on disk: a file of lines, appended to, in the order of seq. What was flushed survives a crash and
 * the loss of power; a last line that was cut off is forgotten, and an event that is no message without the state
 * behind it. Memory holds one place for every 64 events.
 */
export class Journal {
  readonly path: string
  readonly #marks: Mark[] = []
  #pending: Entry[] = []
  #events = 0
  #bytes = 0
  #last: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  /** Reads what there is; null when that is nothing. Throws ClientError `directory_damaged`. */
  async recall(): Promise<Recalled | null> {
    let state: LogState | null = null
    let taken = 0
    let lastEvent: string | null = null
    let stateless: number | null = null
    const file = await open(this.path, 'r+')
    try {
      const { size } = await file.stat()
      for await (const { text, offset, next } of linesOf(file, 0, size)) {
        this.#bytes = next
        if (text.startsWith(EVENT)) {
          lastEvent = text
          if (!text.includes(MESSAGE)) stateless ??= offset
          this.#mark(() => this.#seqOf(text), offset)
          continue
        }
        const entry = this.#parse(text)
        if ('state' in entry) [state, stateless] = [entry.state, null]
        else if ('taken' in entry) taken = entry.taken
      }
      if (stateless !== null || this.#bytes < size) await file.truncate(stateless ?? this.#bytes)
    } finally {
      await file.close()
    }
    if (stateless !== null) return this.#again()
    if (!state) return null
    const lastSeq = lastEvent === null ? 0 : this.#seqOf(lastEvent)
    return { state: { ...state, lastSeq: Math.max(lastSeq, state.lastSeq) }, taken }
  }

  /** What was cut off was not acknowledged, and comes again. */
  #again(): Promise<Recalled | null> {
    this.#marks.length = 0
    this.#events = 0
    this.#bytes = 0
    return this.recall()
  }

  /** To be written with the next `flush`. */
  append(...entries: readonly Entry[]): void {
    this.#pending.push(...entries)
  }

  /** Resolves when all that was appended is on disk. */
  flush(): Promise<void> {
    this.#last = this.#last.then(() => this.#write())
    return this.#last
  }

  /** Events after `seq`, in order, as far as they are on disk. */
  async *after(seq: number): AsyncGenerator<LogEvent, void> {
    for await (const event of this.#from(this.#marks.findLastIndex((mark) => mark.seq <= seq + 1)))
      if (event.seq > seq) yield event
  }

  /** The last `limit` events before `seq`, in order. */
  async before(seq: number, limit: number): Promise<readonly LogEvent[]> {
    const end = this.#marks.findLastIndex((mark) => mark.seq < seq)
    for (let first = end - Math.floor(limit / MARK_EVENTS); ; first -= 1 + Math.floor(limit / MARK_EVENTS)) {
      const events: LogEvent[] = []
      for await (const event of this.#from(first)) {
        if (event.seq >= seq) break
        events.push(event)
      }
      if (events.length >= limit || first <= 0) return events.slice(-limit)
    }
  }

  /** Whether the event of this seq is kept, and how. */
  async find(seq: number): Promise<LogEvent | null> {
    for await (const event of this.after(seq - 1)) return event.seq === seq ? event : null
    return null
  }

  async *#from(mark: number): AsyncGenerator<LogEvent, void> {
    if (this.#bytes === 0) return
    const file = await open(this.path)
    try {
      for await (const { text } of linesOf(file, this.#marks[Math.max(0, mark)]?.offset ?? 0, this.#bytes)) {
        const entry = this.#parse(text)
        if ('event' in entry) yield entry.event
      }
    } finally {
      await file.close()
    }
  }

  async #write(): Promise<void> {
    const entries = this.#pending
    this.#pending = []
    if (entries.length === 0) return
    const isNew = this.#bytes === 0
    const file = await open(this.path, 'a', 0o600)
    try {
      await this.#writeTo(file, entries)
    } finally {
      await file.close()
    }
    if (isNew) await syncFolder(dirname(this.path))
  }

  async #writeTo(file: FileHandle, entries: readonly Entry[]): Promise<void> {
    const lines = entries.map((entry) => Buffer.from(`${JSON.stringify(entry)}\n`))
    await file.writeFile(Buffer.concat(lines))
    // Where a reader was is no loss: he gets the last events again.
    if (entries.some((entry) => !('taken' in entry))) await file.datasync()
    for (const [index, entry] of entries.entries()) {
      if ('event' in entry) this.#mark(() => entry.event.seq, this.#bytes)
      this.#bytes += lines[index]?.length ?? 0
    }
  }

  /** Most lines are events that need not be looked at. */
  #mark(seq: () => number, offset: number): void {
    if (this.#events % MARK_EVENTS === 0) this.#marks.push({ seq: seq(), offset })
    this.#events += 1
  }

  #seqOf(text: string): number {
    const entry = this.#parse(text)
    return 'event' in entry ? entry.event.seq : 0
  }

  #parse(text: string): Entry {
    try {
      return parseEntry(text)
    } catch (cause) {
      const remedy = 'move it away, and this device reads the conversation again from the hub'
      throw new ClientError('directory_damaged', `${this.path} has a line that is none of a journal: ${remedy}`, {
        cause,
      })
    }
  }
}
