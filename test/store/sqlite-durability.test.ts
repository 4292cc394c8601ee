import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import t from 'tap'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { appendUntilKilled } from './append-until-killed.js'
import { append, EVERYTHING, entry, event, newUser, registered, started, T0 } from './fixtures.js'

const KILLS = 5

t.test('everything acknowledged survives kill -9, without holes', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const url = `file:${path}`
  const store = await openSqliteStore({ url })
  const alice = await registered(store)
  const conversations = await Promise.all([1, 2, 3].map(() => started(store, alice)))
  await store.close()

  const acknowledged: string[] = []
  for (let kill = 0; kill < KILLS; kill++)
    acknowledged.push(
      ...(await appendUntilKilled(
        [url, String(alice.userId), ...conversations.map(({ uuid }) => uuid)],
        randomInt(1, 1500),
      )),
    )

  const after = await openSqliteStore({ url })
  t.teardown(() => after.close())
  const stored = new Set<string>()
  for (const { id, uuid } of conversations) {
    const seqs = (await after.log.read(id, EVERYTHING)).map(({ seq }) => seq)
    t.same(
      seqs,
      Array.from({ length: seqs.length }, (_, index) => index + 1),
      'no holes',
    )
    t.equal((await after.log.load(uuid))?.lastSeq, seqs.length)
    for (const seq of seqs) stored.add(`${id} ${seq}`)
  }
  t.ok(acknowledged.length >= KILLS)
  t.same(
    acknowledged.filter((line) => !stored.has(line)),
    [],
  )
  const db = new Database(path, { readonly: true })
  t.equal(db.pragma('integrity_check', { simple: true }), 'ok')
  db.close()
})

t.test('when the committing thread dies, what it held is unavailable, and another takes over', async (t) => {
  const workers: Worker[] = []
  const seen = (worker: Worker) => workers.push(worker)
  process.on('worker', seen)
  t.teardown(() => process.off('worker', seen))
  const store = await openSqliteStore({ url: `file:${t.testdir()}/hermes.db` })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id, uuid } = await started(store, alice)

  const [first] = workers
  if (first === undefined) throw new Error('There is no thread')
  const exited = once(first, 'exit')
  void first.terminate()
  const outcomes = await Promise.all([2, 3].map((seq) => append(store, entry(id, [event(seq, alice.userId)]))))
  await exited
  t.same(
    outcomes.map(({ failure }) => failure),
    ['unavailable', 'unavailable'],
  )

  const lastSeq = (await store.log.load(uuid))?.lastSeq ?? 0
  t.equal((await append(store, entry(id, [event(lastSeq + 1, alice.userId)]))).failure, null)
  t.equal(workers.length, 2)
})

t.test('what was decided on top of an append that is failing is a conflict, though it comes later', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id } = await started(store, alice)
  const other = await started(store, alice)
  const lock = new Database(path)
  t.teardown(() => lock.close())

  lock.exec('BEGIN IMMEDIATE')
  const first = append(store, entry(id, [event(1, alice.userId)]))
  // The first is on its way once these have run, and waits for the lock.
  for (let turn = 0; turn < 3; turn++) await setImmediate()
  const order: string[] = []
  const followers = [other.id, id].map(async (conversation) => {
    const { failure } = await append(store, entry(conversation, [event(2, alice.userId)]))
    order.push(`${conversation === id ? 'the follower' : 'the other'}: ${failure}`)
  })
  lock.exec('COMMIT')
  t.equal((await first).failure, 'conflict')
  await Promise.all(followers)
  t.same(order, ['the other: null', 'the follower: conflict'])
  t.equal((await append(store, entry(id, [event(2, alice.userId)]))).failure, null, 'decided again, it is stored')
})

t.test('a device that is known is opened though that cannot be written', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close())
  const { userId } = await registered(store)
  const open = (name: string, at = T0) => store.log.openDevice(userId, name, new Date(at), 16)
  const laptop = await open('laptop')
  const db = new Database(path)
  t.teardown(() => db.close())
  for (const act of ['INSERT', 'UPDATE', 'DELETE'])
    db.exec(`CREATE TRIGGER "no ${act}" BEFORE ${act} ON "Device" BEGIN SELECT RAISE(ABORT, 'no'); END`)
  t.same(await open('laptop'), laptop)
  await t.rejects(open('phone'), { code: 'unavailable' })
  await t.rejects(open('laptop', T0 + 91 * 24 * 3600 * 1000), { code: 'unavailable' }, 'it is to be forgotten')
})

t.test('when the database breaks, writes are unavailable; when it is whole again, they go on', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id, uuid } = await started(store, alice)
  const device = await store.log.openDevice(alice.userId, 'laptop', new Date(T0), 16)
  const db = new Database(path)
  t.teardown(() => db.close())
  const rename = (...tables: [string, string][]) => {
    for (const [from, to] of tables) db.exec(`ALTER TABLE "${from}" RENAME TO "${to}"`)
  }

  rename(['Event', 'E'], ['Cursor', 'C'], ['Device', 'D'], ['Key', 'K'])
  const next = entry(id, [event(2, alice.userId)])
  store.log.acknowledge(device.id, id, 1)
  t.equal((await append(store, next)).failure, 'unavailable')
  await t.rejects(store.log.openDevice(alice.userId, 'phone', new Date(T0), 16), { code: 'unavailable' })
  const user = newUser()
  await t.rejects(store.identities.register(user), { code: 'unavailable' })
  const failure = await new Promise((resolve) => store.log.acknowledge(device.id, id, 1, resolve))
  t.match(failure, { code: 'unavailable' })

  rename(['E', 'Event'], ['C', 'Cursor'], ['D', 'Device'], ['K', 'Key'])
  t.equal((await append(store, next)).failure, null)
  await t.resolves(store.identities.register(user))
  const seen = await store.log.openMailboxConversation(device, uuid)
  t.equal(seen?.ackedSeq, 1, 'the acknowledgement was tried again')
})
