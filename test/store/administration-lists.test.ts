import fc from 'fast-check'
import t from 'tap'
import type { AdministrationStore, CertificatePage, IssuedCertificate } from '../../src/store/administration-store.js'
import { ENGINES, type Scene } from './engines.js'
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
async function insert({ store, execute }: Scene, times: readonly Times[]) {
  const ids: number[] = []
  for (const user of [newUser(), newUser()]) {
    await store.identities.register(user)
    ids.push((await store.identities.findIdentity(user.username))?.user.id ?? 0)
  }
  await execute('DELETE FROM "Certificate"')
  const since = (time: number | null) => (time === null ? null : new Date(T0 + time))
  const inserted = []
  for (const [index, one] of times.entries()) {
    const { serialNumber, fingerprint, spkiHash } = newUser().certificate
    const userId = ids[index % 2] ?? 0
    const { notAfter, supersededAt, revokedAt } = one
    await execute('INSERT INTO "Key" ("spkiHash", "userId") VALUES ($1, $2)', spkiHash, userId)
    await execute(
      INSERT,
      ...[serialNumber, userId, fingerprint, spkiHash, new Uint8Array(1), since(0)],
      ...[since(notAfter), since(supersededAt), since(revokedAt)],
    )
    inserted.push({ ...one, index, serialNumber, userId })
  }
  return inserted
}

const INSERT = `
  INSERT INTO "Certificate" ("serialNumber", "userId", "fingerprint", "spkiHash", "der", "notBefore", "authorisedBy",
    "notAfter", "supersededAt", "revokedAt")
  VALUES ($1, $2, $3, $4, $5, $6, 'registration', $7, $8, $9)`

const time = fc.integer({ min: -3, max: 3 })
const times = fc.record<Times>({
  notAfter: time,
  supersededAt: fc.option(time, { nil: null }),
  revokedAt: fc.option(time, { nil: null }),
})

for (const engine of ENGINES)
  t.test(engine.name, { skip: engine.skip }, async (t) => {
    await t.test(
      'every filter lists what a plain reading of all certificates finds, page by page, in order',
      async (t) => {
        const scene = await engine.open(t)
        const property = fc.asyncProperty(fc.array(times, { maxLength: 12 }), time, async (several, before) => {
          const all = (await insert(scene, several)).sort((a, b) => a.notAfter - b.notAfter || a.index - b.index)
          const someone = all[0]?.userId ?? 1
          for (const status of STATUSES)
            for (const userId of [null, someone])
              for (const expiresBefore of [null, new Date(T0 + before)]) {
                const found = await listed(scene.store.administration, { status, userId, expiresBefore })
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
        await fc.assert(property, { numRuns: 12 })
      },
    )

    await t.test('users by name, deleted ones too, with the newest certificate', async (t) => {
      const { execute, store } = await engine.open(t)
      const { administration } = store
      const names = ['alice', 'bob', 'carol', 'dave', 'erin']
      for (const username of names) await store.identities.register(newUser({ username }))
      await execute(`UPDATE "User" SET "role" = 'administrator' WHERE "username" IN ('bob', 'erin')`)
      await execute(`UPDATE "User" SET "deletedAt" = $1 WHERE "username" = 'carol'`, new Date(1))
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

    await t.test('wrong passwords of a name by address', async (t) => {
      const { store } = await engine.open(t)
      const { administration } = store
      const policy = { failures: 2, windowMs: 60_000, lockMs: 60_000, maxLockMs: 60_000 }
      for (const address of ['192.0.2.2', '192.0.2.1', '192.0.2.1'])
        await store.identities.countAttempt({ username: 'alice', address }, new Date(T0), policy)
      t.match(await administration.listLoginFailures('alice'), [
        { address: '192.0.2.1', count: 2, since: new Date(T0), lockedUntil: new Date(T0 + 60_000) },
        { address: '192.0.2.2', count: 1, lockedUntil: null },
      ])
      t.same(await administration.listLoginFailures('bob'), [])
    })

    await t.test('names are in the order of their bytes, whatever the language', async (t) => {
      const { store } = await engine.open(t)
      const names = ['Zoe', 'a-b', 'a_b', 'ab', 'a', 'B', 'é', 'e\u0301', 'z', '\uffff', '🦊']
      for (const username of names) await store.identities.register(newUser({ username }))
      const found: string[] = []
      for (let after: string | null = null; ; ) {
        const page = await store.administration.listUsers({ role: null, after, limit: 3 })
        found.push(...page.map(({ username }) => username))
        after = found.at(-1) ?? null
        if (page.length < 3) break
      }
      t.same(
        found,
        [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      )
    })
  })
