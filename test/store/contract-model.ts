import fc from 'fast-check'
import type { Test } from 'tap'
import type { Append } from '../../src/store/event-log.js'
import type { Store } from '../../src/store/store.js'
import { append, EVERYTHING, entry, event, registered, started } from './fixtures.js'

interface Row {
  readonly sender: number
  readonly messageId: string
  readonly body: string
}

interface Step {
  readonly conversation: number
  readonly sender: number
  /** Small, so that messageIds and bodies repeat. */
  readonly message: number
  readonly events: number
  /** How far expectedSeq is off. */
  readonly off: number
  /** Whether to wait for all before it goes on. */
  readonly waits: boolean
}

const steps = fc.array(
  fc.record<Step>({
    conversation: fc.nat(2),
    sender: fc.nat(1),
    message: fc.nat(40),
    events: fc.integer({ min: 1, max: 3 }),
    off: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, -1),
    waits: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

/** Plain arrays that do what the log must do: in order, all or nothing, and nothing on top of what failed. */
class Model {
  readonly conversations: Row[][] = [[], [], []]
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
          : null
    if (failure === null) log.push(...rows)
    else this.#failed.add(conversation)
    return failure
  }
}

function hasDuplicate(log: readonly Row[], rows: readonly Row[]): boolean {
  const all = [...log, ...rows].map(({ sender, messageId }) => `${sender} ${messageId}`)
  return new Set(all).size < all.length
}

/** Whatever is appended in whatever groups, a model of plain arrays and the log give the same answers and hold the same. */
export async function modelContract(t: Test, store: Store): Promise<void> {
  const senders = [await registered(store), await registered(store)] as const

  const check = async (steps: readonly Step[]) => {
    const conversations = await Promise.all([0, 1, 2].map(() => started(store, senders[0])))
    const model = new Model()
    let pending: Promise<void>[] = []
    const settle = async () => {
      await Promise.all(pending)
      pending = []
      model.wait()
    }
    for (const step of steps) {
      const rows = Array.from({ length: step.events }, (_, index) =>
        rowOf(senders[step.sender]?.userId ?? 0, step.message + index),
      )
      const expected = Math.max(0, (model.believed[step.conversation] ?? 0) + step.off)
      model.believed[step.conversation] = expected + rows.length
      const failure = model.append(step.conversation, expected, rows)
      const given = entryOf(conversations[step.conversation]?.id ?? 0, expected, rows)
      pending.push(append(store, given).then((outcome) => equal(outcome.failure, failure)))
      if (step.waits) await settle()
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

function rowOf(sender: number, message: number): Row {
  const messageId = `00000000-0000-4000-8000-${String(message).padStart(12, '0')}`
  return { sender, messageId, body: `{"sender":${sender},"message":${message}}` }
}

/** In the log `started` is the first event. */
function entryOf(id: number, expected: number, rows: readonly Row[]): Append {
  return entry(
    id,
    rows.map(({ sender, messageId, body }, index) => event(expected + index + 2, sender, { messageId, body })),
  )
}

function bodiesOf(rows: readonly Row[]): readonly (readonly [number, string])[] {
  return rows.map(({ body }, index) => [index + 2, body])
}

function equal(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`found ${String(found)}, wanted ${String(wanted)}`)
}
