import t from 'tap'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { append, entry, event, invitation, newUser, registered, started, T0 } from './fixtures.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'

t.test('text with a NUL, which PostgreSQL does not take, is refused alone', { skip: NO_POSTGRES }, async (t) => {
  const store = await openPostgresStore({ url: await testDatabase(t) })
  t.teardown(() => store.close())
  const [alice, bob] = [await registered(store), await registered(store)]
  const rooms = await Promise.all([1, 2, 3].map(() => started(store, alice)))
  const outcomes = rooms.map(({ id }, index) => {
    const invitations = [invitation(alice, bob, { reason: index === 1 ? 'a\u0000b' : 'ab' })]
    return append(store, entry(id, [event(2, alice.userId)], { invitations }))
  })
  t.same(
    (await Promise.all(outcomes)).map(({ failure }) => failure),
    [null, 'unavailable', null],
  )
  const named = { ...newUser(), username: 'a\u0000b' }
  const registering = [store.identities.register(named), store.identities.register(newUser())]
  const [refused, taken] = await Promise.allSettled(registering)
  t.match(refused, { status: 'rejected', reason: { code: 'unavailable' } })
  t.match(taken, { status: 'fulfilled' })
})

t.test('seqs go far beyond 2^32, as after a restoration, and come back whole', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const store = await openPostgresStore({ url })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id, uuid } = await started(store, alice)
  const far = 2 ** 50
  await sql(url, 'UPDATE "Conversation" SET "lastSeq" = $1', [far])
  t.equal((await append(store, entry(id, [event(far + 1, alice.userId)]))).failure, null)
  t.equal((await store.log.load(uuid))?.lastSeq, far + 1)
  const device = await store.log.openDevice(alice.userId, 'laptop', new Date(T0), 16)
  t.equal(await new Promise((resolve) => store.log.acknowledge(device.id, id, far + 1, resolve)), null)
  t.equal((await store.log.openMailboxConversation(device, uuid))?.ackedSeq, far + 1)
})

t.test('the audit log takes no change', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const store = await openPostgresStore({ url })
  t.teardown(() => store.close())
  await registered(store)
  for (const statement of ['UPDATE "Audit" SET "actor" = \'x\'', 'DELETE FROM "Audit"', 'TRUNCATE "Audit"'])
    await t.rejects(sql(url, statement), /append-only/, statement)
})
