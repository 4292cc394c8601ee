import Database from 'better-sqlite3'
import t from 'tap'
import { openSqliteStore } from '../../src/store/sqlite/open.js'

t.test('no question looks at certificates that nobody revoked', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  await (await openSqliteStore({ url: `file:${path}` })).close()
  const db = new Database(path)
  t.teardown(() => db.close())
  const plan = (sql: string) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => (row as { detail: string }).detail)
      .join('; ')
  for (const table of ['Certificate', 'ServerCertificate']) {
    t.match(
      plan(`SELECT "serialNumber" FROM "${table}" WHERE ("revokedAt" IS NOT NULL OR "supersededAt" IS NOT NULL)
        AND ("notAfter", "id") > (1, 2) AND "notAfter" >= 3 ORDER BY "notAfter", "id" LIMIT 4`),
      new RegExp(`^SEARCH ${table} USING INDEX ${table}_notAfter_idx [^;]*$`),
    )
    t.match(
      plan(`SELECT max("supersededAt") FROM "${table}" WHERE "supersededAt" <= 1`),
      new RegExp(`${table}_supersededAt_idx`),
    )
  }
})
