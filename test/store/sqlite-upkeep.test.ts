import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import t from 'tap'
import type { ChangeInput, ChangeName } from '../../src/store/changes/changes.js'
import { changeWriter } from '../../src/store/sqlite/change-writer.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { after, byPassword, DAY, recovery, register, renewal, revocation } from './upkeep-fixture.js'

const CERTIFICATES = 100_000

/** Certificates of one other user and key each. */
function fill(path: string, count: number): void {
  const db = new Database(path)
  const user = db.prepare(`INSERT INTO "User" ("username", "passwordHash", "createdAt") VALUES (?, '', 0)`)
  const key = db.prepare(`INSERT INTO "Key" ("spkiHash", "userId") VALUES (?, ?)`)
  const certificate = db.prepare(`
    INSERT INTO "Certificate"
      ("serialNumber", "userId", "fingerprint", "spkiHash", "der", "notBefore", "notAfter", "authorisedBy")
    VALUES (?, ?, ?, ?, x'00', 0, 4000000000000, 'registration')`)
  db.transaction(() => {
    for (let n = 0; n < count; n += 1) {
      const id = user.run(`other-${n}`).lastInsertRowid
      const hash = randomBytes(32).toString('hex')
      key.run(hash, id)
      certificate.run(hash.slice(0, 36), id, `sha256:${hash}`, hash)
    }
  })()
  // The more there is to know of a table, the more a planner may do wrong.
  db.exec('ANALYZE')
  db.close()
}

/** How SQLite goes through its tables for a statement; what has to look at each row of one says SCAN. */
function planOf(db: Database.Database, sql: string): readonly string[] {
  if (!/^\s*(SELECT|UPDATE|DELETE|WITH)\b/i.test(sql)) return []
  return db
    .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => detail)
}

t.test(`no change of an account looks at every one of ${CERTIFICATES} certificates`, async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  const [alice, bob] = [await register(store), await register(store)]
  await store.close()
  fill(path, CERTIFICATES)

  const statements = new Set<string>()
  const db = new Database(path, { verbose: (sql) => void statements.add(String(sql)) })
  t.teardown(() => db.close())
  const write = changeWriter(db)
  const make = <N extends ChangeName>(name: N, input: ChangeInput<N>) => write({ name, input })

  make('renew', renewal(alice.certificate))
  const { fingerprint, serialNumber } = bob.certificate
  make('revoke', { ...revocation(bob), proof: { fingerprint }, serialNumber, reason: 'keyCompromise' })
  make('recover', recovery(bob, { reason: 'keyCompromise' }))
  make('scheduleDeletion', { ...byPassword(alice), effectiveAt: after(DAY) })
  t.equal(make('deleteDueAccount', { userId: alice.id, dueBy: after(DAY), at: after(DAY) }), true)

  const plans = [...statements].map((sql) => ({ sql, plan: planOf(db, sql) }))
  t.ok(plans.filter(({ plan }) => plan.length > 0).length > 10, 'there were statements to explain')
  for (const { sql, plan } of plans)
    t.notOk(
      plan.find((line) => line.startsWith('SCAN ')),
      sql,
    )
})
