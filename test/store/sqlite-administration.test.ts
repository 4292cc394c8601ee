import Database from 'better-sqlite3'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { AdministrationStore, CertificatePage, IssuedCertificate } from '../../src/store/administration-store.js'
import { administrationReads } from '../../src/store/reads/administration.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Work } from '../../src/store/work.js'
import { newUser, T0 } from './fixtures.js'

/** Times of a certificate, relative to the time of asking; null for what has not happened. */
interface Times {
  readonly notAfter: number
  readonly supersededAt: number | null
  readonly revokedAt: number | null
}

const STATUSES = ['active', 'revoked', 'superseded', 'expired', null] as const
type Status = (typeof STATUSES)[number]

/** What docs/administration.md says of the status. */
function statusOf({ notAfter, supersededAt, revokedAt }: Times): Status {
  if (revokedAt !== null) return 'revoked'
  if (supersededAt !== null && supersededAt <= 0) return 'superseded'
  return notAfter <= 0 ? 'expired' : 'active'
}

async function open(t: Test) {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  const db = new Database(path)
  t.teardown(async () => {
    db.close()
    await store.close()
  })
  return { store, db, administration: store.administration }
}

const PAGE: CertificatePage = {
  status: null,
  at: new Date(T0),
  expiresBefore: null,
  userId: null,
  after: null,
  limit: 2,
}

/** All of a list, page by page. */
async function listed(store: AdministrationStore, page: Partial<CertificatePage>): Promise<readonly string[]> {
  const serials: string[] = []
  let after: IssuedCertificate | null = null
  for (;;) {
    const found = await store.listIssued({ ...PAGE, ...page, after })
    serials.push(...found.map(({ serialNumber }) => serialNumber))
    after = found.at(-1) ?? null
    if (found.length < PAGE.limit) return serials
  }
}

/** Two users with so many certificates, written past the store, since it has no way to most of their times. */
async function insert({ store, db }: Awaited<ReturnType<typeof open>>, times: readonly Times[]) {
  const users = [newUser(), newUser()]
  for (const user of users) await store.identities.register(user)
  const ids = db.prepare<[], number>('SELECT "id" FROM "User" ORDER BY "id" DESC LIMIT 2').pluck().all()
  db.prepare('DELETE FROM "Certificate"').run()
  const add = db.prepare(`
    INSERT INTO "Certificate" ("serialNumber", "userId", "fingerprint", "spkiHash", "der", "notBefore", "authorisedBy",
      "notAfter", "supersededAt", "revokedAt")
    VALUES (?, ?, ?, ?, x'00', 0, 'registration', ?, ?, ?)`)
  const since = (time: number | null) => (time === null ? null : T0 + time)
  return times.map((one, index) => {
    const { serialNumber, fingerprint, spkiHash } = newUser().certificate
    const userId = ids[index % 2]
    db.prepare('INSERT INTO "Key" ("spkiHash", "userId") VALUES (?, ?)').run(spkiHash, userId)
    const { notAfter, supersededAt, revokedAt } = one
    add.run(serialNumber, userId, fingerprint, spkiHash, since(notAfter), since(supersededAt), since(revokedAt))
    return { ...one, index, serialNumber, userId: userId ?? 0 }
  })
}

const time = fc.integer({ min: -3, max: 3 })
const times = fc.record<Times>({
  notAfter: time,
  supersededAt: fc.option(time, { nil: null }),
  revokedAt: fc.option(time, { nil: null }),
})

t.test('every filter lists what a plain reading of all certificates finds, page by page, in order', async (t) => {
  const scene = await open(t)
  const property = fc.asyncProperty(fc.array(times, { maxLength: 12 }), time, async (several, before) => {
    const all = (await insert(scene, several)).sort((a, b) => a.notAfter - b.notAfter || a.index - b.index)
    const someone = all[0]?.userId ?? 1
    for (const status of STATUSES)
      for (const userId of [null, someone])
        for (const expiresBefore of [null, new Date(T0 + before)]) {
          const found = await listed(scene.administration, { status, userId, expiresBefore })
          const expected = all.filter(
            (one) =>
              (status === null || statusOf(one) === status) &&
              (userId === null || one.userId === userId) &&
              (expiresBefore === null || one.notAfter < before),
          )
          t.same(
            found,
            expected.map(({ serialNumber }) => serialNumber),
            `${String(status)} ${String(userId)} ${String(expiresBefore)}`,
          )
        }
  })
  await fc.assert(property, { numRuns: 25 })
})

t.test('no page looks at more than it lists: every list goes by an index, and sorts nothing but the few', async (t) => {
  const { db } = await open(t)
  const plans: string[] = []
  /** Finds nothing. */
  const explain = async <T>(work: Work<T>) => {
    let step = work.next([])
    for (; step.done !== true; step = work.next([])) {
      const { sql, values } = step.value
      const given = Object.fromEntries(values.map((_, index) => [index + 1, 0]))
      const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      plans.push(...plan.all(given).map(({ detail }) => detail))
    }
    return step.value
  }
  const reads = administrationReads({ read: explain, snapshot: explain })
  for (const role of ['user', 'administrator', null] as const) await reads.listUsers({ role, after: null, limit: 2 })
  await reads.findUser('alice')
  await reads.findIssued('00')
  await reads.listLoginFailures('alice')
  for (const status of STATUSES) for (const userId of [null, 1]) await reads.listIssued({ ...PAGE, status, userId })
  t.ok(plans.length > 40)
  t.same(
    plans.filter((detail) => /^SCAN (?!listed)/.test(detail)),
    [],
    'no table is read whole',
  )
  const sorts = plans.filter((detail) => detail.includes('TEMP B-TREE'))
  t.equal(sorts.length, 3, 'only those that are superseded in the next minutes are sorted: active, expired and all')
})

t.test('users by name, deleted ones too, with the newest certificate', async (t) => {
  const { db, store, administration } = await open(t)
  const names = ['alice', 'bob', 'carol', 'dave', 'erin']
  for (const username of names) await store.identities.register(newUser({ username }))
  db.prepare(`UPDATE "User" SET "role" = 'administrator' WHERE "username" IN ('bob', 'erin')`).run()
  db.prepare(`UPDATE "User" SET "deletedAt" = 1 WHERE "username" = 'carol'`).run()
  const list = async (role: 'user' | 'administrator' | null, after: string | null, limit = 2) =>
    (await administration.listUsers({ role, after, limit })).map(({ username }) => username)
  t.same(await list(null, null), ['alice', 'bob'])
  t.same(await list(null, 'bob'), ['carol', 'dave'])
  t.same(await list(null, 'bobby'), ['carol', 'dave'], 'a name that is nobody’s is a place in the order, too')
  t.same(await list(null, 'dave'), ['erin'])
  t.same(await list('administrator', null), ['bob', 'erin'])
  t.same(await list('administrator', 'bob'), ['erin'])
  t.same(await list('user', 'alice'), ['carol', 'dave'])
  t.match(await administration.findUser('carol'), { role: 'user', deletedAt: new Date(1), disabledAt: null })
  t.equal(await administration.findUser('nobody'), null)
  const account = await administration.findUser('alice')
  const known = await store.identities.findIdentity('alice')
  t.equal(account?.certificate.serialNumber, known?.certificate.serialNumber)
  for (const name of [known?.certificate.serialNumber, known?.certificate.fingerprint])
    t.match(await administration.findIssued(String(name)), { username: 'alice', der: known?.certificate.der })
  t.equal(await administration.findIssued('00'), null)
})

t.test('wrong passwords of a name by address', async (t) => {
  const { store, administration } = await open(t)
  const policy = { failures: 2, windowMs: 60_000, lockMs: 60_000, maxLockMs: 60_000 }
  for (const address of ['192.0.2.2', '192.0.2.1', '192.0.2.1'])
    await store.identities.countAttempt({ username: 'alice', address }, new Date(T0), policy)
  t.match(await administration.listLoginFailures('alice'), [
    { address: '192.0.2.1', count: 2, since: new Date(T0), lockedUntil: new Date(T0 + 60_000) },
    { address: '192.0.2.2', count: 1, lockedUntil: null },
  ])
  t.same(await administration.listLoginFailures('bob'), [])
})
