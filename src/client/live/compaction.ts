import { type FileHandle, open } from 'node:fs/promises'
import type { LogState } from '../log/state.js'
import { linesOf } from '../state/lines.js'
import { formatEntry } from './journal-entry.js'
import type { LogEvent } from './log-event.js'
import { Marks } from './marks.js'

/** How large the file of one conversation grows. */
export const JOURNAL_LIMITS = {
  /** Below it nothing is forgotten; beyond it, what is no longer needed whenever the file has doubled. */
  startBytes: 16 * 1024 * 1024,
  /** The newest events are kept all the same, for people who look back. */
  keptBytes: 8 * 1024 * 1024,
}

/** A journal that is to be made smaller. */
export interface Large {
  readonly path: string
  readonly bytes: number
  readonly state: LogState
  /** Up to where a reader took the events. */
  readonly taken: number
  /** Invitations that were used up by events that are forgotten already. */
  readonly used: readonly string[]
}

export interface Compacted {
  readonly marks: Marks
  readonly bytes: number
  readonly used: readonly string[]
}

const CHUNK_BYTES = 1024 * 1024

/** Writes lines one after another, many at once. */
class Draft {
  readonly marks = new Marks()
  bytes = 0
  readonly #file: FileHandle
  #lines: Buffer[] = []
  #waiting = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  addEvent(seq: number, line: string): Promise<void> {
    this.marks.add(() => seq, this.bytes, line)
    return this.add(line)
  }

  async add(text: string): Promise<void> {
    const line = Buffer.from(text)
    this.#lines.push(line)
    this.bytes += line.length
    this.#waiting += line.length
    if (this.#waiting >= CHUNK_BYTES) await this.#write()
  }

  async finish(): Promise<void> {
    await this.#write()
    await this.#file.sync()
  }

  async #write(): Promise<void> {
    await this.#file.writeFile(Buffer.concat(this.#lines))
    this.#lines = []
    this.#waiting = 0
  }
}

/**
 * Writes what is needed of a journal to the file `draft`, and makes it durable: the events that no reader took, the
 * last `keptBytes` of the others, and those of invitations that are open; in place of the rest gaps `forgotten`.
 */
export async function compact(large: Large, draft: string, keptBytes: number): Promise<Compacted> {
  const [source, target] = [await open(large.path), await open(draft, 'wx', 0o600)]
  try {
    return await copy(large, source, new Draft(target), large.bytes - keptBytes)
  } finally {
    await Promise.all([source.close(), target.close()])
  }
}

async function copy(large: Large, source: FileHandle, draft: Draft, newestFrom: number): Promise<Compacted> {
  const { state, taken } = large
  const used = [...large.used]
  let gap: Gap | null = null
  for await (const { text, offset } of linesOf(source, 0, large.bytes)) {
    const { event } = JSON.parse(text) as { readonly event?: LogEvent }
    if (!event) continue
    if (event.seq > taken || offset >= newestFrom || isOpen(state, event)) {
      if (gap) await forget(draft, state, gap)
      gap = null
      await draft.addEvent(event.seq, `${text}\n`)
    } else {
      if (event.type === 'joined') used.push(event.invitation)
      gap = withForgotten(gap, event)
    }
  }
  if (gap) await forget(draft, state, gap)
  for (const entry of [{ state }, { taken }, { used }]) await draft.add(formatEntry(entry))
  await draft.finish()
  return { marks: draft.marks, bytes: draft.bytes, used }
}

interface Gap {
  readonly first: number
  readonly seq: number
}

function withForgotten(gap: Gap | null, event: LogEvent): Gap {
  const first = event.type === 'gap' ? event.first : event.seq
  return { first: gap?.first ?? first, seq: event.seq }
}

function forget(draft: Draft, { conversation }: LogState, gap: Gap): Promise<void> {
  return draft.addEvent(gap.seq, formatEntry({ event: { type: 'gap', conversation, ...gap, reason: 'forgotten' } }))
}

function isOpen({ invitations }: LogState, event: LogEvent): boolean {
  return 'invitation' in event && Object.hasOwn(invitations, event.invitation)
}
