import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import { append, EVERYTHING, entry, event, registered, started, T0 } from './fixtures.js'

export async function eventContract(t: Test, store: Store): Promise<void> {
  const { log } = store
  const alice = await registered(store)
  const bob = await registered(store)
  const seqs = async (id: number) => (await log.read(id, EVERYTHING)).map(({ seq }) => seq)

  await t.test('callbacks run in the order of the calls, after the events can be read', async (t) => {
    const conversations = await Promise.all(Array.from({ length: 5 }, () => started(store, alice)))
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const id = conversations[index % 5]?.id ?? 0
        const seq = 2 + Math.floor(index / 5)
        const { failure } = await append(store, entry(id, [event(seq, alice.userId)]))
        order.push(index)
        t.equal(failure, null)
        t.same((await log.read(id, { ...EVERYTHING, after: seq - 1, upTo: seq })).length, 1)
      }),
    )
    t.same(
      order,
      Array.from({ length: 100 }, (_, index) => index),
    )
  })

  await t.test('a body and a type come back as they were given', async (t) => {
    const { id } = await started(store, alice)
    const body = JSON.stringify({ payload: 'Grüße 🦋 \u0000\u2028 "' })
    await append(store, entry(id, [event(2, alice.userId, { body, type: 'renewed', messageId: null })]))
    t.same(await log.read(id, { ...EVERYTHING, after: 1 }), [{ seq: 2, type: 'renewed', body }])
  })

  await t.test('several events of an append are stored together', async (t) => {
    const { id } = await started(store, alice)
    const messageId = randomUUID()
    await append(store, entry(id, [event(2, alice.userId, { messageId })]))
    const both = [event(3, alice.userId), event(4, alice.userId, { messageId })]
    t.equal((await append(store, entry(id, both))).failure, 'duplicate')
    t.same(await seqs(id), [1, 2], 'nothing of the append is stored')
    t.equal((await append(store, entry(id, [event(3, alice.userId), event(4, alice.userId)]))).failure, null)
    t.same(await seqs(id), [1, 2, 3, 4])
  })

  await t.test('another lastSeq is a conflict', async (t) => {
    const { id } = await started(store, alice)
    for (const seq of [1, 3, 7])
      t.equal((await append(store, entry(id, [event(seq, alice.userId)]))).failure, 'conflict')
    t.equal((await append(store, entry(1_000_000, [event(2, alice.userId)]))).failure, 'conflict')
    t.same(await seqs(id), [1])
  })

  await t.test('of two new conversations with one uuid the second is a conflict', async (t) => {
    const conversation = { uuid: randomUUID(), createdBy: alice.userId, createdAt: T0 }
    const first = () => entry(conversation, [event(1, alice.userId)])
    const outcomes = await Promise.all([append(store, first()), append(store, first())])
    t.same(
      outcomes.map(({ failure }) => failure),
      [null, 'conflict'],
    )
  })

  await t.test('a messageId is unique for its sender in the conversation', async (t) => {
    const { id } = await started(store, alice)
    const other = await started(store, alice)
    const messageId = randomUUID()
    const send = (conversation: number, seq: number, sender: number) =>
      append(store, entry(conversation, [event(seq, sender, { messageId })]))
    t.equal((await send(id, 2, alice.userId)).failure, null)
    t.equal((await send(id, 3, alice.userId)).failure, 'duplicate', 'in another batch')
    t.equal((await send(id, 3, bob.userId)).failure, null, 'of another sender')
    t.equal((await send(other.id, 2, alice.userId)).failure, null, 'in another conversation')
    t.match(await log.findMessage(id, bob.userId, messageId), { seq: 3, body: '{"seq":3}' })
    t.equal(await log.findMessage(id, bob.userId, randomUUID()), null)
  })

  await t.test('after a duplicate in a batch the next appends of that conversation are conflicts', async (t) => {
    const { id } = await started(store, alice)
    const messageId = randomUUID()
    const send = (seq: number, changes = {}) => append(store, entry(id, [event(seq, alice.userId, changes)]))
    const outcomes = await Promise.all([send(2, { messageId }), send(3, { messageId }), send(4), send(3)])
    t.same(
      outcomes.map(({ failure }) => failure),
      [null, 'duplicate', 'conflict', 'conflict'],
    )
    t.equal((await send(3)).failure, null, 'decided again, it is stored')
    t.same(await seqs(id), [1, 2, 3])
  })

  await t.test('what was decided on top of a failed append is a conflict, though the numbers fit', async (t) => {
    const { id } = await started(store, alice)
    const send = (seq: number) => append(store, entry(id, [event(seq, alice.userId)]))
    const outcomes = await Promise.all([send(1), send(2), send(3)])
    t.same(
      outcomes.map(({ failure }) => failure),
      ['conflict', 'conflict', 'conflict'],
    )
  })

  await t.test('one poisoned append among 100 good ones fails alone', async (t) => {
    const poisons = {
      duplicate: async (id: number) => {
        const messageId = randomUUID()
        await append(store, entry(id, [event(2, alice.userId, { messageId })]))
        return { poison: entry(id, [event(3, alice.userId, { messageId })]), expected: 'duplicate' }
      },
      'unknown sender': async (id: number) => ({ poison: entry(id, [event(2, 1_000_000)]), expected: 'unavailable' }),
      conflict: async (id: number) => ({ poison: entry(id, [event(9, alice.userId)]), expected: 'conflict' }),
    }
    for (const [name, make] of Object.entries(poisons)) {
      const [mine, good] = await Promise.all([started(store, alice), started(store, bob)])
      const { poison, expected } = await make(mine.id)
      const entries = Array.from({ length: 100 }, (_, index) => entry(good.id, [event(index + 2, bob.userId)]))
      const outcomes = await Promise.all(
        [...entries.slice(0, 50), poison, ...entries.slice(50)].map((e) => append(store, e)),
      )
      t.equal(outcomes[50]?.failure, expected, name)
      t.equal(outcomes.filter(({ failure }) => failure === null).length, 100, name)
      t.equal((await seqs(good.id)).length, 101, name)
    }
  })

  await t.test('a page ends at its limits, and holds one event at least', async (t) => {
    const { id } = await started(store, alice)
    const events = Array.from({ length: 9 }, (_, index) => event(index + 2, alice.userId, { body: 'é'.repeat(50) }))
    await append(store, entry(id, events))
    const page = async (changes: object) =>
      (await log.read(id, { ...EVERYTHING, after: 1, ...changes })).map(({ seq }) => seq)
    t.same(await page({ limit: 3 }), [2, 3, 4])
    t.same(await page({ after: 5, upTo: 7 }), [6, 7])
    t.same(await page({ maxBytes: 299 }), [2, 3], 'bytes, not characters')
    t.same(await page({ maxBytes: 300 }), [2, 3, 4])
    t.same(await page({ maxBytes: 1 }), [2])
    t.same(await page({ after: 10 }), [])
  })

  await t.test('what this process stored was not stored before', async (t) => {
    const { id } = await started(store, alice)
    t.equal(await log.wasStoredBefore(id, 1), false)
    t.equal(await log.wasStoredBefore(id, 2), false)
  })
}
