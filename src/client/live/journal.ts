import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ClientError } from '../client-error.js'
import type { LogState } from '../log/state.js'
import { syncFolder } from '../state/files.js'
import { linesOf } from '../state/lines.js'
import type { Message } from './arrivals.js'
import { compact, JOURNAL_LIMITS } from './compaction.js'
import { type Entry, formatEntry, isChangeLine, isEventLine, parseEntry } from './journal-entry.js'
import type { LogEvent } from './log-event.js'
import { MARK_EVENTS, Marks } from './marks.js'

/** What one conversation came to, as its file says. */
export interface Recalled {
  readonly state: LogState
  readonly taken: number
}

/**
 * One conversation on disk: a file of lines, appended to, in the order of seq. What was flushed survives a crash and
 * the loss of power; a last line that was cut off is forgotten, and an event that is no message without the state
 * behind it. Memory holds one place for every 64 events, and a number for each that is sealed. Once the file is large,
 * what readers took is forgotten but for the newest.
 */
export class Journal {
  readonly path: string
  readonly #limits: typeof JOURNAL_LIMITS
  #marks = new Marks()
  #pending: Entry[] = []
  #bytes = 0
  #last: Promise<void> = Promise.resolve()
  #state: LogState | null = null
  #taken = 0
  #used: readonly string[] = []
  /** Size of the file when it was made smaller last. */
  #compactedBytes = 0
  /** While another file takes the place of this one, and how many have. */
  #replacing: Promise<void> | null = null
  #replaced = 0

  constructor(path: string, limits = JOURNAL_LIMITS) {
    this.path = path
    this.#limits = limits
  }

  /** Reads what there is; null when that is nothing. Throws ClientError `directory_damaged`. */
  async recall(): Promise<Recalled | null> {
    let lastEvent: string | null = null
    let stateless: number | null = null
    const file = await open(this.path, 'r+')
    try {
      const { size } = await file.stat()
      for await (const { text, offset, next } of linesOf(file, 0, size)) {
        this.#bytes = next
        if (isEventLine(text)) {
          lastEvent = text
          if (isChangeLine(text)) stateless ??= offset
          this.#marks.add(() => this.#seqOf(text), offset, text)
          continue
        }
        const entry = this.#parse(text)
        if ('state' in entry) stateless = null
        this.#note(entry)
      }
      if (stateless !== null || this.#bytes < size) await file.truncate(stateless ?? this.#bytes)
    } finally {
      await file.close()
    }
    if (stateless !== null) return this.#again()
    return this.#recalled(lastEvent === null ? 0 : this.#seqOf(lastEvent))
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
    for await (const event of this.#from(() => this.#marks.lastUpTo(seq + 1))) if (event.seq > seq) yield event
  }

  /** The last `limit` events before `seq`, in order. */
  async before(seq: number, limit: number): Promise<readonly LogEvent[]> {
    for (let back = Math.floor(limit / MARK_EVENTS); ; back += 1 + Math.floor(limit / MARK_EVENTS)) {
      const events: LogEvent[] = []
      let first = 0
      const find = () => {
        first = this.#marks.lastUpTo(seq - 1) - back
        return first
      }
      for await (const event of this.#from(find)) {
        if (event.seq >= seq) break
        events.push(event)
      }
      if (events.length >= limit || first <= 0) return events.slice(-limit)
    }
  }

  /** Whether the event of this seq is kept, and how; the gap that it is in, where there is one. */
  async find(seq: number): Promise<LogEvent | null> {
    for await (const event of this.after(seq - 1))
      return (event.type === 'gap' ? event.first : event.seq) <= seq ? event : null
    return null
  }

  /** Whether somebody joined by this invitation in an event that is kept no more. */
  isForgotten(invitation: string): boolean {
    return this.#used.includes(invitation)
  }

  /** Whether a sealed message stands in an earlier place too, of those that are kept. */
  isRepeated(message: Message): boolean {
    return this.#marks.sealed.isRepeated(message)
  }

  #recalled(lastSeq: number): Recalled | null {
    const state = this.#state
    return state && { state: { ...state, lastSeq: Math.max(lastSeq, state.lastSeq) }, taken: this.#taken }
  }

  /** What was cut off was not acknowledged, and comes again. */
  #again(): Promise<Recalled | null> {
    this.#marks = new Marks()
    this.#bytes = 0
    return this.recall()
  }

  #note(entry: Entry): void {
    if ('state' in entry) this.#state = entry.state
    if ('taken' in entry) this.#taken = entry.taken
    if ('used' in entry) [this.#used, this.#compactedBytes] = [entry.used, this.#bytes]
  }

  /** From the event that `find` says, which is asked when the file is open. */
  async *#from(find: () => number): AsyncGenerator<LogEvent, void> {
    if (this.#bytes === 0) return
    const file = await this.#open()
    try {
      for await (const { text } of linesOf(file, this.#marks.offsetOf(find()), this.#bytes)) {
        const entry = this.#parse(text)
        if ('event' in entry) yield entry.event
      }
    } finally {
      await file.close()
    }
  }

  /** The file that the marks are of. */
  async #open(): Promise<FileHandle> {
    for (;;) {
      await this.#replacing?.catch(() => undefined)
      const known = this.#replaced
      const file = await open(this.path)
      if (!this.#replacing && known === this.#replaced) return file
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
    if (this.#bytes < Math.max(this.#limits.startBytes, 2 * this.#compactedBytes)) return
    // Where another cannot be written, what is on disk stays as it was.
    await this.#compact().catch(() => undefined)
    this.#compactedBytes = this.#bytes
  }

  async #writeTo(file: FileHandle, entries: readonly Entry[]): Promise<void> {
    const texts = entries.map(formatEntry)
    const lines = texts.map((text) => Buffer.from(text))
    await file.writeFile(Buffer.concat(lines))
    // Where a reader was is no loss: he gets the last events again.
    if (entries.some((entry) => !('taken' in entry))) await file.datasync()
    for (const [index, entry] of entries.entries()) {
      if ('event' in entry) this.#marks.add(() => entry.event.seq, this.#bytes, texts[index] ?? '')
      this.#bytes += lines[index]?.length ?? 0
      this.#note(entry)
    }
  }

  /** Puts a file in the place of this one that has what is needed. Readers go on in the one that they opened. */
  async #compact(): Promise<void> {
    const state = this.#recalled(0)?.state
    if (!state) return
    const draft = `${this.path}.${randomUUID()}.tmp`
    const large = { path: this.path, bytes: this.#bytes, state, taken: this.#taken, used: this.#used }
    try {
      const { marks, bytes, used } = await compact(large, draft, this.#limits.keptBytes)
      this.#replacing = rename(draft, this.path).then(() => {
        ;[this.#marks, this.#bytes, this.#used] = [marks, bytes, used]
        this.#replaced += 1
      })
      await this.#replacing.finally(() => {
        this.#replacing = null
      })
      await syncFolder(dirname(this.path))
    } finally {
      await rm(draft, { force: true })
    }
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
