import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { OpenStore } from './contract.js'
import { append, EVERYTHING, entry, event, registered, started, stay, T0 } from './fixtures.js'

export async function retentionContract(t: Test, open: OpenStore): Promise<void> {
  const store = await open(t)
  const { log } = store
  const [alice, bob] = [await registered(store), await registered(store)]
  const before = (milliseconds: number) => new Date(T0 + milliseconds)
  const seqs = async (id: number, changes = {}) =>
    (await log.read(id, { ...EVERYTHING, ...changes })).map(({ seq }) => seq)

  await t.test('nothing to remove is fine', async (t) => {
    t.equal(await log.removeMessages(before(1e9), 10), 0)
  })

  await t.test('the oldest first, so many at most, and none that is younger', async (t) => {
    const { id } = await started(store, alice)
    const other = await started(store, bob)
    const ages = [50, 20, 40, 10, 30]
    await append(
      store,
      entry(
        id,
        ages.map((at, index) => event(index + 2, alice.userId, { at: T0 + at })),
      ),
    )
    await append(store, entry(other.id, [event(2, bob.userId, { at: T0 + 25 })]))
    t.equal(await log.removeMessages(before(40), 2), 2)
    t.same(await seqs(id), [1, 2, 4, 6])
    t.equal(await log.removeMessages(before(40), 10), 2, 'of all conversations; not the one of that very time')
    t.same(await seqs(id), [1, 2, 4])
    t.same(await seqs(other.id), [1])
    t.equal(await log.removeMessages(before(40), 10), 0)
    t.equal(await log.removeMessages(before(1e9), 10), 2)
  })

  await t.test('messages alone; all else is as it was', async (t) => {
    const { id, uuid } = await started(store, alice)
    const device = await log.openDevice(bob.userId, 'laptop', before(0), 16)
    await append(
      store,
      entry(id, [event(2, alice.userId, { type: 'joined', messageId: null })], { stays: [stay(bob, 2)] }),
    )
    const messageId = randomUUID()
    const messages = [3, 4, 5, 6, 7].map((seq) => event(seq, alice.userId))
    await append(store, entry(id, [...messages, event(8, alice.userId, { messageId })], { epoch: 5 }))
    await append(store, entry(id, [event(9, bob.userId, { type: 'renewed', messageId: null })], { epoch: 5 }))
    log.acknowledge(device.id, id, 4)
    const [loaded, mailbox] = [await log.load(uuid), await log.openMailbox(device, 9)]

    t.equal(await log.removeMessages(before(7), 100), 4)
    t.same(await seqs(id), [1, 2, 7, 8, 9])
    t.same(await seqs(id, { after: 2, upTo: 6 }), [], 'a page may be all hole')
    t.same(await seqs(id, { after: 2, limit: 2 }), [7, 8])
    t.equal(await log.removeMessages(before(1e9), 100), 2)
    t.same(await seqs(id), [1, 2, 9])
    t.same([await log.load(uuid), await log.openMailbox(device, 9)], [loaded, mailbox])
    t.equal(await log.findMessage(id, alice.userId, messageId), null)
    t.equal((await append(store, entry(id, [event(10, alice.userId, { messageId })]))).failure, null)
    t.same(await seqs(id, { after: 2 }), [9, 10])
  })

  await t.test('while others send', async (t) => {
    const { id } = await started(store, alice)
    const failures: (string | null)[] = []
    const sending = Array.from({ length: 200 }, async (_, index) => {
      const old = event(index + 2, alice.userId, { at: T0 + (index % 2 === 0 ? 1 : 1e6) })
      failures.push((await append(store, entry(id, [old]))).failure)
    })
    const removing = Array.from({ length: 10 }, () => log.removeMessages(before(1e6), 20))
    await Promise.all(sending)
    t.same(new Set(failures), new Set([null]))
    for (const page of await Promise.all(removing)) t.ok(page <= 20)
    while ((await log.removeMessages(before(1e6), 50)) > 0);
    t.same(
      await seqs(id),
      Array.from({ length: 101 }, (_, index) => 2 * index + 1),
    )
  })
}
