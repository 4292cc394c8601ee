import { randomInt } from 'node:crypto'
import { Client } from 'pg'
import t from 'tap'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { appendUntilKilled } from './append-until-killed.js'
import { append, EVERYTHING, entry, event, registered, started, T0 } from './fixtures.js'
import { gateTo } from './gate.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'

const KILLS = 3
const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`

t.test('everything acknowledged survives kill -9 of nodes, without holes', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const store = await openPostgresStore({ url })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const conversations = await Promise.all([1, 2, 3, 4].map(() => started(store, alice)))
  const halves = [conversations.slice(0, 2), conversations.slice(2)]
  const acknowledged: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const running = halves.map((half) =>
      appendUntilKilled([url, String(alice.userId), ...half.map(({ uuid }) => uuid)], randomInt(1, 800)),
    )
    acknowledged.push(...(await Promise.all(running)).flat())
  }
  const stored = new Set<string>()
  for (const { id, uuid } of conversations) {
    const seqs = (await store.log.read(id, EVERYTHING)).map(({ seq }) => seq)
    t.same(
      seqs,
      Array.from({ length: seqs.length }, (_, index) => index + 1),
      'no holes',
    )
    t.equal((await store.log.load(uuid))?.lastSeq, seqs.length)
    for (const seq of seqs) stored.add(`${id} ${seq}`)
  }
  t.ok(acknowledged.length >= 2 * KILLS)
  t.same(
    acknowledged.filter((line) => !stored.has(line)),
    [],
  )
})

t.test('while PostgreSQL is away all is unavailable; when it is back, it goes on', { skip: NO_POSTGRES }, async (t) => {
  const gate = await gateTo(t, await testDatabase(t))
  const store = await openPostgresStore({ url: gate.url })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id, uuid } = await started(store, alice)
  const device = await store.log.openDevice(alice.userId, 'laptop', new Date(T0), 16)
  await gate.shut()
  const next = entry(id, [event(2, alice.userId)])
  store.log.acknowledge(device.id, id, 1)
  t.equal((await append(store, next)).failure, 'unavailable')
  await t.rejects(store.log.load(uuid), { code: 'unavailable' })
  await t.rejects(store.log.openDevice(alice.userId, 'phone', new Date(T0), 16), { code: 'unavailable' })
  await t.rejects(store.identities.findIdentity(alice.username), { code: 'unavailable' })
  await t.rejects(store.check(), { code: 'unavailable' })
  await gate.open()
  await store.check()
  t.equal((await append(store, next)).failure, null)
  t.equal((await store.log.openMailboxConversation(device, uuid))?.ackedSeq, 1, 'the acknowledgement was tried again')
})

t.test('connections that end under commits: what was answered is stored', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const store = await openPostgresStore({ url })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id } = await started(store, alice)
  const answered: number[] = []
  let seq = 1
  for (let round = 0; round < 5; round++) {
    const sending = Array.from({ length: 40 }, async (_, index) => {
      const { failure } = await append(store, entry(id, [event(seq + index + 1, alice.userId)]))
      if (failure === null) answered.push(seq + index + 1)
    })
    await sql(url, TERMINATE)
    await Promise.all(sending)
    const stored = await sql<{ seq: number }>(url, 'SELECT max("seq")::int AS "seq" FROM "Event"')
    seq = stored[0]?.seq ?? 0
  }
  const log = new Set((await store.log.read(id, EVERYTHING)).map((each) => each.seq))
  t.equal(log.size, seq, 'no holes')
  t.same(
    answered.filter((each) => !log.has(each)),
    [],
  )
  t.equal((await append(store, entry(id, [event(seq + 1, alice.userId)]))).failure, null)
})

t.test('a node that hangs in a transaction loses what it has locked', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const [store, other] = [
    await openPostgresStore({ url }),
    await openPostgresStore({ url, limits: { connections: 1, timeoutMs: 1000 } }),
  ]
  for (const each of [store, other]) t.teardown(() => each.close())
  const alice = await registered(store)
  const { id } = await started(store, alice)
  const hanging = new Client({ connectionString: url, idle_in_transaction_session_timeout: 1500 })
  hanging.on('error', () => {})
  await hanging.connect()
  t.teardown(() => hanging.end().catch(() => {}))
  await hanging.query('BEGIN')
  await hanging.query('UPDATE "Conversation" SET "epoch" = "epoch" WHERE "id" = $1', [id])
  const next = entry(id, [event(2, alice.userId)])
  t.equal((await append(other, next)).failure, 'unavailable', 'it is waited for, and no longer than is set')
  t.equal((await append(store, next)).failure, null)
})
