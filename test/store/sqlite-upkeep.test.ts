import { randomBytes } from 'node:crypto'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import Database from 'better-sqlite3'
import t from 'tap'
import { PrismaClient } from '../../src/store/generated/client.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { deleteDueAccount, scheduleDeletion } from '../../src/store/sqlite/upkeep/delete-account.js'
import { recover } from '../../src/store/sqlite/upkeep/recover.js'
import { renew } from '../../src/store/sqlite/upkeep/renew.js'
import { revoke } from '../../src/store/sqlite/upkeep/revoke.js'
import { after, DAY, HASH, recovery, register, renewal, revocation } from './upkeep-fixture.js'

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
  const parameters = Array.from(sql.matchAll(/\?/g), () => null)
  return db
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...parameters)
    .map(({ detail }) => detail)
}

t.test(`no change of an account looks at every one of ${CERTIFICATES} certificates`, async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  const [alice, bob] = [await register(store), await register(store)]
  await store.close()
  fill(path, CERTIFICATES)

  const adapter = new PrismaBetterSqlite3({ url: path }, { timestampFormat: 'unixepoch-ms' })
  const prisma = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] })
  t.teardown(() => prisma.$disconnect())
  const statements = new Set<string>()
  prisma.$on('query', ({ query }) => void statements.add(query))

  await prisma.$transaction((tx) => renew(tx, renewal(alice.certificate)))
  const { fingerprint, serialNumber } = bob.certificate
  const proof = { fingerprint }
  await prisma.$transaction((tx) => revoke(tx, { ...revocation(bob), proof, serialNumber, reason: 'keyCompromise' }))
  await prisma.$transaction((tx) => recover(tx, recovery(bob, { reason: 'keyCompromise' })))
  await prisma.$transaction((tx) => scheduleDeletion(tx, alice.id, HASH, after(DAY)))
  t.equal(await prisma.$transaction((tx) => deleteDueAccount(tx, alice.id, after(DAY))), true)

  const db = new Database(path, { readonly: true })
  t.teardown(() => db.close())
  const plans = [...statements].map((sql) => ({ sql, plan: planOf(db, sql) }))
  t.ok(plans.filter(({ plan }) => plan.length > 0).length > 10, 'there were statements to explain')
  for (const { sql, plan } of plans)
    t.notOk(
      plan.find((line) => line.startsWith('SCAN ')),
      sql,
    )
})
