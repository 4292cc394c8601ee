import { closeSync, openSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import t, { type Test } from 'tap'
import type { BatchOutcome } from '../../src/store/commit/batch.js'
import type { Append } from '../../src/store/event-log.js'
import { NO_QUOTAS } from '../../src/store/quotas.js'
import { batchWriter } from '../../src/store/sqlite/commit.js'
import { openWriter } from '../../src/store/sqlite/connection.js'
import { migrate, readMigrations } from '../../src/store/sqlite/migrations.js'
import { type PackedBatch, packAppends, unpackAppends } from '../../src/store/sqlite/packed-batch.js'
import { entry, event, newUser, T0 } from './fixtures.js'

const ALICE = 1

/** A database with Alice and `conversations` empty conversations, numbered from 1. */
function database(t: Test, conversations: number): Database {
  const path = `${t.testdir()}/hermes.db`
  closeSync(openSync(path, 'a'))
  const db = openWriter(path)
  t.teardown(() => db.close())
  migrate(db, path, readMigrations())
  db.prepare('INSERT INTO "User" ("id", "username", "passwordHash", "createdAt") VALUES (?, ?, ?, ?)').run(
    ALICE,
    'alice',
    'x',
    T0,
  )
  const create = db.prepare(
    'INSERT INTO "Conversation" ("uuid", "createdBy", "createdAt", "lastSeq", "epoch") VALUES (?, ?, ?, 0, 0)',
  )
  for (let i = 1; i <= conversations; i++) create.run(`conversation-${i}`, ALICE, T0)
  return db
}

function batch(appends: readonly Append[], changes: Partial<PackedBatch> = {}): PackedBatch {
  return { ...packAppends(appends), now: T0, changes: [], devices: [], cursors: [], ...changes }
}

const message = (conversation: number, seq: number, bytes = 300) =>
  entry(conversation, [event(seq, ALICE, { body: 'x'.repeat(bytes) })])

const causes = ({ appends }: BatchOutcome) =>
  appends.map((outcome) => (typeof outcome === 'object' && 'cause' in outcome ? outcome.cause.split(':')[0] : outcome))

t.test('appends are packed and unpacked as they were', (t) => {
  const conversation = { uuid: 'u', createdBy: ALICE, createdAt: T0 }
  const request = { userId: ALICE, requestId: 'r', hash: 'h', seq: 1 }
  const appends = [
    entry(7, [event(3, ALICE), event(4, ALICE, { messageId: null, type: 'left' })], { epoch: 2, closed: true }),
    entry(conversation, [event(1, ALICE)], { request }),
    entry(8, [event(1, ALICE)]),
  ]
  const unpacked = unpackAppends(structuredClone(packAppends(appends)))
  t.match(unpacked, [
    { conversation: 7, expectedSeq: 2, epoch: 2, closed: true, extras: null },
    { conversation: 0, expectedSeq: 0, extras: { created: conversation, request, stays: [], invitations: [] } },
    { conversation: 8, extras: null },
  ])
  const events = appends.map(({ events }) => events.map(({ seq, ...event }) => event))
  t.same(
    unpacked.map(({ events }) => events),
    events,
  )
  t.end()
})

t.test('when there is no room, what fits is stored, and the rest later', async (t) => {
  const db = database(t, 3)
  const write = batchWriter(db, NO_QUOTAS)
  const pages = db.pragma('page_count', { simple: true }) as number
  db.pragma(`max_page_count = ${pages + 20}`)
  const appends = [message(1, 1), message(2, 1, 1_000_000), message(3, 1), message(2, 2)]
  t.same(causes(write(batch(appends))), [1, 'SQLITE_FULL', 3, 'conflict'])
  t.notOk(db.inTransaction)
  db.pragma('max_page_count = 1000000')
  t.same(causes(write(batch([message(2, 1, 1_000_000), message(2, 2)]))), [2, 2])
})

t.test('when nothing can be written, nothing is, and it goes on when it can', async (t) => {
  const db = database(t, 1)
  const write = batchWriter(db, NO_QUOTAS)
  const moves = {
    cursors: [{ deviceId: 1, target: 1, value: 1 }],
    devices: [{ userId: ALICE, name: 'x', now: T0, maxDevices: 1 }],
  }
  db.pragma('query_only = ON')
  const outcome = write(batch([message(1, 1), message(1, 2)], moves))
  t.same(causes(outcome), ['SQLITE_READONLY', 'conflict'])
  t.match(outcome.devices, [{ cause: /SQLITE_READONLY/ }])
  db.pragma('query_only = OFF')
  t.same(causes(write(batch([message(1, 1), message(1, 2)], moves))), [1, 1])
})

t.test('a lock of another process refuses the batch at once, not piece by piece', async (t) => {
  const db = database(t, 1)
  const write = batchWriter(db, NO_QUOTAS)
  db.pragma('busy_timeout = 0')
  const other = openWriter(db.name)
  t.teardown(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  t.same(causes(write(batch([message(1, 1), message(1, 2)]))), ['SQLITE_BUSY', 'SQLITE_BUSY'])
  other.exec('COMMIT')
  t.same(causes(write(batch([message(1, 1)]))), [1])
})

t.test('a piece that no database would take fails alone', async (t) => {
  const db = database(t, 2)
  const write = batchWriter(db, NO_QUOTAS)
  const bad = {
    ...message(2, 1),
    stays: [{ userId: ALICE, username: 'alice', fingerprint: 'x', fromSeq: {} as number, toSeq: null }],
  }
  t.same(causes(write(batch([message(1, 1), bad, message(1, 2)]))), [1, 'RangeError', 1])
  t.equal(db.prepare('SELECT count(*) FROM "Event"').pluck().get(), 2)
})

t.test('a change that refuses undoes what it wrote, and nothing beside it', (t) => {
  const db = database(t, 1)
  const [bob, mallory, carol] = [newUser(), newUser(), newUser()]
  // Refused for its key, after its user is written.
  const stolen = { ...mallory, certificate: { ...mallory.certificate, spkiHash: bob.certificate.spkiHash } }
  const changes = [bob, stolen, carol].map((user) => ({ name: 'register' as const, input: { user, at: new Date(T0) } }))
  const outcome = batchWriter(db, NO_QUOTAS)(batch([message(1, 1)], { changes }))
  t.match(outcome, { changes: [{ answer: undefined }, { refusal: { code: 'csr_rejected' } }, {}], appends: [1] })
  const names = db.prepare<[], string>('SELECT "username" FROM "User" ORDER BY "id"').pluck().all()
  t.same(names, ['alice', bob.username, carol.username])
  t.end()
})
