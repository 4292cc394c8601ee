import fc from 'fast-check'
import type { Test } from 'tap'
import type { Append } from '../../src/store/event-log.js'
import type { OpenStore } from './contract.js'
import { append, EVERYTHING, entry, event, registered, started, T0 } from './fixtures.js'

/** Of the messages of one sender: about as many as one run has. */
const STORED_BYTES_MAX = 1000
/** Every run has messages of its own time, later than those of the run before. */
const RUN_MS = 1000

interface Row {
  readonly sender: number
  readonly messageId: string
  readonly body: string
  /** Milliseconds since the run began. */
  readonly at: number
  removed: boolean
}

interface Step {
  readonly conversation: number
  readonly sender: number
  /** Small, so that messageIds and bodies repeat. */
  readonly message: number
  readonly events: number
  /** How far expectedSeq is off. */
  readonly off: number
  /** Of its first event, not in the order of the steps. */
  readonly at: number
  /** Whether to wait for all before it goes on. */
  readonly waits: boolean
  /** What is removed then. */
  readonly removal: { readonly before: number; readonly limit: number } | null
}

const steps = fc.array(
  fc.record<Step>({
    conversation: fc.nat(2),
    sender: fc.nat(1),
    message: fc.nat(40),
    events: fc.integer({ min: 1, max: 3 }),
    off: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, -1),
    at: fc.nat(60),
    waits: fc.boolean(),
    removal: fc.option(fc.record({ before: fc.nat(70), limit: fc.integer({ min: 1, max: 8 }) }), { freq: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
)

/**
 * Plain arrays that do what the log must do: in order, all or nothing, nothing on top of what failed, within the quota.
 */
class Model {
  readonly conversations: Row[][] = [[], [], []]
  /** All that was stored, in order. */
  readonly #rows: Row[] = []
  /** Conversations in which something failed since all was waited for. */
  readonly #failed = new Set<number>()
  /** What the appender believes the length to be. */
  readonly believed = [0, 0, 0]

  wait(): void {
    this.#failed.clear()
    this.conversations.forEach((rows, index) => {
      this.believed[index] = rows.length
    })
  }

  append(conversation: number, expected: number, rows: readonly Row[]): string | null {
    const log = this.conversations[conversation] ?? []
    const failure =
      this.#failed.has(conversation) || expected !== log.length
        ? 'conflict'
        : hasDuplicate(log, rows)
          ? 'duplicate'
          : this.#isBeyondQuota(rows)
            ? 'quota'
            : null
    if (failure !== null) {
      this.#failed.add(conversation)
      return failure
    }
    log.push(...rows)
    this.#rows.push(...rows)
    return null
  }

  remove(before: number, limit: number): number {
    const old = this.#rows.filter((row) => !row.removed && row.at < before)
    // Stable: of one time, the first that was stored.
    const oldest = old.sort((a, b) => a.at - b.at).slice(0, limit)
    for (const row of oldest) row.removed = true
    return oldest.length
  }

  #isBeyondQuota(rows: readonly Row[]): boolean {
    const sender = rows[0]?.sender
    const stored = [...this.#rows, ...rows].filter((row) => row.sender === sender && !row.removed)
    return stored.reduce((bytes, { body }) => bytes + Buffer.byteLength(body), 0) > STORED_BYTES_MAX
  }
}

function hasDuplicate(log: readonly Row[], rows: readonly Row[]): boolean {
  const all = [...log.filter(({ removed }) => !removed), ...rows].map(
    ({ sender, messageId }) => `${sender} ${messageId}`,
  )
  return new Set(all).size < all.length
}

/**
 * Whatever is appended in whatever groups, and removed in between, a model of plain arrays and the log give the same
 * answers and hold the same.
 */
export async function modelContract(t: Test, open: OpenStore): Promise<void> {
  const store = await open(t, { storedBytesMax: STORED_BYTES_MAX })
  let run = 0
  const senders = [await registered(store), await registered(store)] as const

  const check = async (steps: readonly Step[]) => {
    // Another, since what he stores counts, too.
    const starter = await registered(store)
    const conversations = await Promise.all([0, 1, 2].map(() => started(store, starter)))
    const model = new Model()
    const began = T0 + ++run * RUN_MS
    await store.log.removeMessages(new Date(began), 100_000)
    let pending: Promise<void>[] = []
    const settle = async () => {
      await Promise.all(pending)
      pending = []
      model.wait()
    }
    for (const step of steps) {
      const rows = Array.from({ length: step.events }, (_, index) =>
        rowOf(senders[step.sender]?.userId ?? 0, step.message + index, step.at + index),
      )
      const expected = Math.max(0, (model.believed[step.conversation] ?? 0) + step.off)
      model.believed[step.conversation] = expected + rows.length
      const failure = model.append(step.conversation, expected, rows)
      const given = entryOf(conversations[step.conversation]?.id ?? 0, expected, rows, began)
      pending.push(append(store, given).then((outcome) => equal(outcome.failure, failure)))
      if (step.waits || step.removal !== null) await settle()
      if (step.removal === null) continue
      const { before, limit } = step.removal
      equal(await store.log.removeMessages(new Date(began + before), limit), model.remove(before, limit))
    }
    await settle()
    for (const [index, { id }] of conversations.entries()) {
      const stored = await store.log.read(id, { ...EVERYTHING, after: 1 })
      equal(
        JSON.stringify(stored.map(({ seq, body }) => [seq, body])),
        JSON.stringify(bodiesOf(model.conversations[index] ?? [])),
      )
    }
  }

  await t.resolves(fc.assert(fc.asyncProperty(steps, check), { numRuns: 40 }))
}

function rowOf(sender: number, message: number, at: number): Row {
  const messageId = `00000000-0000-4000-8000-${String(message).padStart(12, '0')}`
  return { sender, messageId, body: `{"sender":${sender},"message":${message}}`, at, removed: false }
}

/** In the log `started` is the first event. */
function entryOf(id: number, expected: number, rows: readonly Row[], began: number): Append {
  return entry(
    id,
    rows.map(({ sender, messageId, body, at }, index) =>
      event(expected + index + 2, sender, { messageId, body, at: began + at }),
    ),
  )
}

function bodiesOf(rows: readonly Row[]): readonly (readonly [number, string])[] {
  return rows.flatMap(({ body, removed }, index) => (removed ? [] : [[index + 2, body] as const]))
}

function equal(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`found ${String(found)}, wanted ${String(wanted)}`)
}
