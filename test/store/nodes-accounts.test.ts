import t, { type Test } from 'tap'
import { followAudit } from '../../src/store/audit-chain.js'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import type { Store } from '../../src/store/store.js'
import { newUser, T0 } from './fixtures.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'
import { after, certificate, DAY, MINUTE, recovery, register, renewal, revocation } from './upkeep-fixture.js'

const at = after(MINUTE)
const SETTLED = [
  { name: 'users', fingerprint: 'sha256:01' },
  { name: 'users-2', fingerprint: 'sha256:02' },
] as const

/** Stores of two nodes over one database. */
async function nodes(t: Test, url: string): Promise<readonly [Store, Store]> {
  const open = async () => {
    const store = await openPostgresStore({ url, now: () => new Date(T0) })
    t.teardown(() => store.close().catch(() => {}))
    return store
  }
  return [await open(), await open()]
}

/** So many at once, one after the other on this node and on that one. */
function both<T>(stores: readonly [Store, Store], count: number, act: (store: Store, index: number) => Promise<T>) {
  return Promise.allSettled(Array.from({ length: count }, (_, index) => act(stores[index % 2 === 0 ? 0 : 1], index)))
}

const succeeded = <T>(results: readonly PromiseSettledResult<T>[]) =>
  results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
const codes = (results: readonly PromiseSettledResult<unknown>[]) =>
  new Set(results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason.code)] : [])))

t.test('two nodes share a database: each race is decided once', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const stores = await nodes(t, url)
  const [here, there] = stores

  await t.test('a name and a key belong to one, whichever node he asked', async (t) => {
    const { username, certificate } = newUser()
    const names = await both(stores, 20, (store) => store.identities.register(newUser({ username })))
    t.equal(succeeded(names).length, 1)
    t.same(codes(names), new Set(['username_taken']))
    const keys = await both(stores, 20, (store) => {
      const user = newUser()
      const { spkiHash } = certificate
      return store.identities.register({ ...user, certificate: { ...user.certificate, spkiHash } })
    })
    t.equal(succeeded(keys).length, 1)
    t.same(codes(keys), new Set(['csr_rejected']))
  })

  await t.test('of parallel guesses as many pass as may fail, and the lock holds on both', async (t) => {
    const policy = { failures: 5, windowMs: 15 * MINUTE, lockMs: 15 * MINUTE, maxLockMs: DAY }
    const attempt = { username: 'guessed', address: '192.0.2.1' }
    const answers = await both(stores, 100, (store) => store.identities.countAttempt(attempt, at, policy))
    t.equal(succeeded(answers).filter((until) => until === null).length, policy.failures)
    t.equal(succeeded(answers).length, 100)
    for (const { identities } of stores) t.same(await identities.countAttempt(attempt, at, policy), after(16 * MINUTE))
  })

  await t.test('a certificate is renewed once', async (t) => {
    const user = await register(here)
    const results = await both(stores, 10, (store) => store.identities.renew(renewal(user.certificate)))
    t.equal(succeeded(results).length, 1)
    t.same(codes(results), new Set(['certificate_superseded']))
    t.equal((await there.identities.listCertificates(user.id)).length, 2)
  })

  await t.test('the number of a CRL is given once', async (t) => {
    const recorded = await both(stores, 40, (store, index) =>
      store.revocations.recordCrl('users', { number: 1 + Math.floor(index / 8), issuedAt: at }),
    )
    t.ok(succeeded(recorded).filter(Boolean).length <= 5)
    t.equal(succeeded(recorded).length, 40)
    t.match(await there.revocations.lastCrl('users'), { number: 5 })
    const once = await both(stores, 10, (store) => store.revocations.recordCrl('users', { number: 6, issuedAt: at }))
    t.equal(succeeded(once).filter(Boolean).length, 1)
  })

  await t.test('what the installation is, and a certificate of the server, are stored once', async (t) => {
    const settled = await both(stores, 6, (store, index) =>
      store.settle({ rootFingerprint: 'sha256:00', trustDomain: `${index}.example` }),
    )
    t.equal(succeeded(settled).length, 6)
    t.equal(new Set(succeeded(settled).map(({ trustDomain }) => trustDomain)).size, 1)
    const { serialNumber, fingerprint } = newUser().certificate
    const own = { issuer: 'servers', serialNumber, fingerprint, notBefore: at, notAfter: after(DAY) } as const
    t.same(codes(await both(stores, 6, (store) => store.revocations.recordServerCertificate(own))), new Set())
    t.match(await here.revocations.findStatus('servers', serialNumber, at), { revocation: null })
  })

  await t.test('the key of the bus is that of whoever is first', async (t) => {
    const keys = succeeded(await both(stores, 6, (store) => store.busKey()))
    t.equal(keys.length, 6)
    t.equal(new Set(keys.map((key) => key.export().toString('hex'))).size, 1)
  })

  await t.test('a CA is added once, and nothing that it signed is stored behind its revocation', async (t) => {
    await both(stores, 4, (store) =>
      store.authorities.settleAuthorities({ authorities: [SETTLED[0]], rootCrl: null, at }),
    )
    const [name, reason] = ['users-2', 'cACompromise'] as const
    await both(stores, 4, (store) => store.authorities.settleAuthorities({ authorities: SETTLED, rootCrl: null, at }))
    const results = await both(stores, 30, (store, index): Promise<unknown> => {
      if (index === 15 || index === 16)
        return store.authorities.settleAuthorities({
          authorities: SETTLED,
          rootCrl: { number: 1, revoked: [{ name, reason }] },
          at,
        })
      const user = newUser()
      return store.identities.register({ ...user, certificate: { ...user.certificate, issuer: name } })
    })
    t.equal(results[15]?.status, 'fulfilled')
    t.same(
      [...codes(results)].filter((code) => code !== 'unavailable'),
      [],
    )
    const page = { status: 'active', at, expiresBefore: null, userId: null, after: null, limit: 500 } as const
    const good = await here.administration.listIssued(page)
    for (const { fingerprint } of good)
      t.not((await here.identities.findByFingerprint(fingerprint))?.certificate.issuer, name)
    const acts = (await here.audit.listAudit({ subject: '@users-2', after: 0, limit: 100 })).map(({ action }) => action)
    t.same(acts, ['rotate-ca', 'revoke-ca'])
  })

  await t.test(
    'whatever is done to the same users at once, nobody waits in vain, and the log is one chain',
    async (t) => {
      const users = [await register(here), await register(there), await register(here), await register(there)] as const
      const acts = await both(stores, 200, (store, index): Promise<unknown> => {
        // Each node in an order of its own.
        const turn = Math.floor(index / 2)
        const user = users[(index % 2 === 0 ? turn : 3 * turn + 1) % 4] ?? users[0]
        const { username } = user
        const act = { username, by: null, at }
        switch (turn % 8) {
          case 0:
            return store.administration.disable(act)
          case 1:
            return store.administration.enable(act)
          case 2:
            return store.identities.revoke({ ...revocation(user), reason: 'superseded' })
          case 3:
            return store.administration.revoke({ ...act, serialNumber: null, reason: 'keyCompromise' })
          case 4:
            return store.identities.recover({ ...recovery(user), certificate: certificate('password') })
          case 5:
            return store.identities.unlock(user.certificate.fingerprint, at)
          case 6:
            return register(store)
          default:
            return store.administration.grantRole({ username, role: turn % 16 < 8 ? 'user' : 'administrator', at })
        }
      })
      t.notOk(codes(acts).has('unavailable'), [...codes(acts)].join())
      for (const { audit } of stores) t.equal((await followAudit(audit, null)).end(), null)
      t.same(await here.audit.auditHead(), await there.audit.auditHead())
    },
  )

  await t.test('nodes took turns: none was in the way of another', async (t) => {
    // Whoever leaves has told what he counted.
    for (const store of stores) await store.close()
    const counted = 'SELECT "deadlocks" FROM pg_stat_database WHERE "datname" = current_database()'
    t.same(await sql(url, counted), [{ deadlocks: '0' }])
  })
})
