import Database from 'better-sqlite3'
import t from 'tap'
import { NO_QUOTAS } from '../../src/store/quotas.js'
import { migrate, readMigrations } from '../../src/store/sqlite/migrations.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { append, EVERYTHING, entry, event, invitation, registered, started, stay, T0 } from './fixtures.js'

const before = (milliseconds: number) => new Date(T0 + milliseconds)

t.test('an earlier process may have given what is removed, but not what has its id', async (t) => {
  const url = `file:${t.testdir()}/hermes.db`
  const first = await openSqliteStore({ url })
  const alice = await registered(first)
  const [removed, kept] = [await started(first, alice), await started(first, alice)]
  for (const { id } of [kept, removed])
    await append(first, entry(id, [event(2, alice.userId), event(3, alice.userId, { at: T0 + 1000 })]))
  await first.close()

  const { log, ...second } = await openSqliteStore({ url })
  t.teardown(() => second.close())
  const wereBefore = ({ id }: { id: number }) => Promise.all([1, 2, 3, 4].map((seq) => log.wasStoredBefore(id, seq)))
  t.equal(await log.removeMessages(before(500), 100), 2)
  t.same(await wereBefore(kept), [true, true, true, false], 'a hole is as old as what comes after it')
  t.equal(await log.removeMessages(before(1e6), 100), 2)
  t.same(await wereBefore(removed), [true, true, true, false], 'though nothing comes after it')
  await append({ log, ...second }, entry(kept.id, [event(4, alice.userId)]))
  t.same((await wereBefore(kept))[3], false)
  t.same(
    (await log.read(kept.id, EVERYTHING)).map(({ seq }) => seq),
    [1, 4],
  )
})

t.test('a database that cannot remove says so, and goes on later', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  const alice = await registered(store)
  const { id } = await started(store, alice)
  await append(store, entry(id, [event(2, alice.userId)]))
  const db = new Database(path)
  t.teardown(() => db.close())
  db.exec('ALTER TABLE "Usage" RENAME TO "U"')
  await t.rejects(store.log.removeMessages(before(1000), 10), { code: 'unavailable' })
  t.equal((await store.log.read(id, EVERYTHING)).length, 2, 'all or nothing')
  db.exec('ALTER TABLE "U" RENAME TO "Usage"')
  t.equal(await store.log.removeMessages(before(1000), 10), 1)
  await store.close()
  await t.rejects(store.log.removeMessages(before(1000), 10), { code: 'unavailable' })
})

t.test('a database of before the quotas gets what its senders have stored', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const db = new Database(path)
  t.teardown(() => db.close())
  migrate(db, path, readMigrations().slice(0, 1))
  db.exec(`
    INSERT INTO "User" ("id", "username", "passwordHash", "createdAt") VALUES (1, 'alice', 'x', 0), (2, 'bob', 'x', 0);
    INSERT INTO "Conversation" ("uuid", "createdBy", "createdAt", "lastSeq", "epoch") VALUES ('c', 1, 0, 4, 0);
    INSERT INTO "Event" ("conversationId", "seq", "senderId", "at", "type", "body") VALUES
      (1, 1, 1, 0, 'started', 'not counted'), (1, 2, 1, 10, 'message', 'éé'), (1, 3, 1, 20, 'message', '🦋'),
      (1, 4, 2, 20, 'message', '');`)
  const quotas = { ...NO_QUOTAS, storedBytesMax: 10 }
  const store = await openSqliteStore({ url: `file:${path}`, quotas })
  t.teardown(() => store.close())
  const usage = () => db.prepare('SELECT "userId", "bytes" FROM "Usage"').raw().all()
  t.same(usage(), [
    [1, 8],
    [2, 0],
  ])
  t.equal((await append(store, entry(1, [event(5, 1, { body: 'xxx' })]))).failure, 'quota')
  t.equal((await append(store, entry(1, [event(5, 1, { body: 'xx' })]))).failure, null)
  t.equal(await store.log.removeMessages(new Date(15), 10), 1)
  t.same(usage(), [
    [1, 6],
    [2, 0],
  ])
})

t.test('a quota that was lowered refuses what is new, and nothing that was there', async (t) => {
  const url = `file:${t.testdir()}/hermes.db`
  const first = await openSqliteStore({ url })
  const [alice, bob] = [await registered(first), await registered(first)]
  const conversations = await Promise.all([1, 2, 3].map(() => started(first, alice)))
  const sent = await Promise.all(
    conversations.map(async ({ id }) => {
      const made = invitation(alice, bob)
      await append(first, entry(id, [event(2, alice.userId)], { invitations: [made] }))
      return made
    }),
  )
  await first.close()

  const quotas = {
    startsPerHour: 1,
    openInvitationsMax: 1,
    openInvitationsToOneMax: 1,
    membershipsMax: 1,
    storedBytesMax: 10,
  }
  const second = await openSqliteStore({ url, quotas })
  t.teardown(() => second.close())
  const put = async (seq: number, changes: object, type = 'message', by = alice) =>
    (await append(second, entry(conversations[0]?.id ?? 0, [event(seq, by.userId, { type })], changes))).failure
  const renewed = { ...stay(alice, 1), fingerprint: `sha256:${'f'.repeat(64)}` }
  t.equal(await put(3, { stays: [renewed] }, 'renewed'), null)
  t.equal(await put(4, { invitations: [{ ...sent[0], state: 'accepted' }] }, 'accepted', bob), null)
  t.equal(await put(5, { invitations: [{ ...sent[0], state: 'cancelled', endedSeq: 5 }] }, 'cancelled'), null)
  t.equal(await put(6, { invitations: [invitation(alice, bob, { invitedSeq: 6 })] }, 'invited'), 'quota')
  t.equal(await put(6, { stays: [stay(alice, 6)] }, 'joined'), 'quota')
  t.equal(await put(6, {}), 'quota')
  await t.rejects(started(second, alice), { message: /quota/ })
  t.equal(await put(6, { stays: [stay(alice, 1, 6)], closed: true }, 'left'), null)
})
