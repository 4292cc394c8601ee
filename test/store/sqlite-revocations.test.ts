import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import type { RevocationStore, RevokedPosition } from '../../src/store/revocation-store.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { newUser, T0 } from './fixtures.js'

const DAY = 86_400_000
const EPOCH = new Date(0)

/** Columns of a certificate; the end of its life 90 days after T0 unless it is given. */
interface Columns {
  readonly supersededAt?: number
  readonly revokedAt?: number
  readonly revocationReason?: string
  readonly notAfter?: number
}

async function open(t: Test) {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  const db = new Database(path)
  t.teardown(async () => {
    db.close()
    await store.close()
  })
  /** A certificate with these columns; answers its serial number. */
  const issue = async (columns: Columns = {}) => {
    const user = newUser()
    await store.identities.register(user)
    change(user.certificate.serialNumber, columns)
    return user.certificate.serialNumber
  }
  const change = (serialNumber: string, columns: Columns) => {
    for (const [name, value] of Object.entries(columns))
      db.prepare(`UPDATE "Certificate" SET "${name}" = ? WHERE "serialNumber" = ?`).run(value, serialNumber)
  }
  return { db, revocations: store.revocations, issue, change }
}

async function listed(store: RevocationStore, at: number, unexpiredAt = EPOCH, limit = 2) {
  const serials: string[] = []
  let after: RevokedPosition | null = null
  do {
    const page = await store.listRevoked('users', { at: new Date(at), unexpiredAt, after, limit })
    serials.push(...page.revoked.map(({ serialNumber }) => serialNumber))
    after = page.next
  } while (after !== null)
  return serials
}

t.test('a certificate is revoked by its revocation, or once it is superseded', async (t) => {
  const { revocations, issue } = await open(t)
  const of = async (columns: Columns, at = T0) => {
    const serialNumber = await issue(columns)
    const status = await revocations.findStatus('users', serialNumber, new Date(at))
    return status?.revocation && { at: status.revocation.revokedAt.getTime() - T0, reason: status.revocation.reason }
  }
  t.equal(await of({}), null)
  t.same(await of({ revokedAt: T0 - 5, revocationReason: 'keyCompromise' }), { at: -5, reason: 'keyCompromise' })
  t.same(await of({ revokedAt: T0 - 5 }), { at: -5, reason: null })
  t.equal(await of({ supersededAt: T0 + 1 }), null, 'not yet')
  t.same(await of({ supersededAt: T0 + 1 }, T0 + 1), { at: 1, reason: 'superseded' })
  const compromised = { supersededAt: T0 - 9, revokedAt: T0 - 5, revocationReason: 'keyCompromise' }
  t.same(await of(compromised), { at: -9, reason: 'keyCompromise' }, 'since it was superseded')
  t.same(
    await of({ ...compromised, supersededAt: T0 + 9 }),
    { at: -5, reason: 'keyCompromise' },
    'before it would have been superseded',
  )
})

t.test('what is revoked is listed whole, page by page, without what had expired', async (t) => {
  const { revocations, issue } = await open(t)
  await issue()
  const revoked = []
  for (let i = 0; i < 5; i++) revoked.push(await issue({ revokedAt: T0 - i }))
  const superseded = await issue({ supersededAt: T0, notAfter: T0 + DAY })
  const pending = await issue({ supersededAt: T0 + 1 })
  t.same(await listed(revocations, T0), [superseded, ...revoked], 'by the end of validity, then in order of issue')
  t.same(await listed(revocations, T0, EPOCH, 100), [superseded, ...revoked])
  t.same(await listed(revocations, T0 + 1), [superseded, ...revoked, pending])
  t.same(await listed(revocations, T0, new Date(T0 + DAY)), [superseded, ...revoked], 'it ends at that moment')
  t.same(await listed(revocations, T0, new Date(T0 + DAY + 1)), revoked)
})

t.test('the state changes whenever the list may', async (t) => {
  const { revocations, issue, change } = await open(t)
  const serialNumber = await issue()
  const state = (at = T0) => revocations.revocationState('users', new Date(at))
  const servers = await revocations.revocationState('servers', new Date(T0))
  const states = [await state()]
  const note = async (at = T0) => states.push(await state(at))
  change(serialNumber, { supersededAt: T0 + 10 })
  await note()
  await note(T0 + 10)
  change(serialNumber, { revokedAt: T0 + 11 })
  await note(T0 + 10)
  change(serialNumber, { revocationReason: 'keyCompromise' })
  await note(T0 + 10)
  t.equal(new Set(states).size, 5, states.join(', '))
  await issue()
  t.equal(await state(T0 + 10), states.at(-1), 'a certificate that nobody revoked changes nothing')
  t.equal(await revocations.revocationState('servers', new Date(T0)), servers)
})

t.test('no question looks at certificates that nobody revoked', async (t) => {
  const { db } = await open(t)
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
