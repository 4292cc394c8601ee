import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { AuthoritySettlement, RevokedAuthority } from '../../src/store/authority-store.js'
import type { OpenStore } from './contract.js'
import { newUser, T0 } from './fixtures.js'
import { after, DAY, MINUTE, recovery, register, renewal, standing } from './upkeep-fixture.js'

const FIRST = [
  { name: 'users', fingerprint: 'sha256:01' },
  { name: 'servers', fingerprint: 'sha256:02' },
] as const
const BOTH = [...FIRST, { name: 'users-2', fingerprint: 'sha256:03' }] as const

function settlement(
  authorities: AuthoritySettlement['authorities'],
  number: number,
  ...revoked: readonly RevokedAuthority[]
): AuthoritySettlement {
  return { authorities, rootCrl: { number, revoked }, at: after(MINUTE) }
}

const issuedBy = (issuer: 'users' | 'users-2') => ({ certificate: { ...newUser().certificate, issuer } })

export async function authorityContract(t: Test, open: OpenStore): Promise<void> {
  const acts = async ({ audit }: Awaited<ReturnType<OpenStore>>) => {
    const rows = await audit.listAudit({ subject: null, after: 0, limit: 100 })
    return rows.filter(({ subject }) => subject.startsWith('@')).map(({ action, subject }) => `${action} ${subject}`)
  }

  await t.test('those of the first start are nobody’s act, those that follow are written down once', async (t) => {
    const store = await open(t)
    t.same(await store.authorities.settleAuthorities(settlement(FIRST, 5)), [])
    t.same(await acts(store), [])
    for (const _ of [1, 2]) await store.authorities.settleAuthorities(settlement(BOTH, 6))
    t.same(await acts(store), ['rotate-ca @users-2', 'root-crl @root'])
    const nameless = { revokedAt: null, retiredAt: null }
    t.same(
      await store.authorities.listAuthorities(),
      [FIRST[1], FIRST[0], BOTH[2]].map((one) => ({ ...one, ...nameless })),
    )
  })

  await t.test('a name never means another CA', async (t) => {
    const store = await open(t)
    await store.authorities.settleAuthorities(settlement(BOTH, 5))
    const other = [...FIRST, { name: 'users-2', fingerprint: 'sha256:ff' }] as const
    await t.rejects(store.authorities.settleAuthorities(settlement(other, 9)), {
      code: 'invalid_request',
      message: /users-2 .*sha256:ff.*sha256:03/,
    })
    t.same(await acts(store), [], 'nothing of it is done')
  })

  await t.test('with a CA whatever it issued is revoked, but what had ended or was revoked before', async (t) => {
    const store = await open(t)
    const { identities, authorities, revocations } = store
    await authorities.settleAuthorities(settlement(BOTH, 5))
    const alice = await register(store, issuedBy('users'))
    const bob = await register(store, issuedBy('users-2'))
    const carol = await register(store, issuedBy('users'))
    await identities.recover(recovery(carol, { ...issuedBy('users-2'), at: after(0) }))
    const ended = { ...newUser().certificate, issuer: 'users', notAfter: after(-DAY) } as const
    const dave = await register(store, { certificate: ended })
    const frank = await register(store, { certificate: { ...ended, ...newUser().certificate, notAfter: after(-DAY) } })
    const graced = renewal(frank.certificate, { endedAfter: after(-30 * DAY), at: after(0) })
    await identities.renew({ ...graced, ...issuedBy('users-2') })
    const erin = await register(store, issuedBy('users'))
    await identities.renew({ ...renewal(erin.certificate, { at: after(0) }), ...issuedBy('users-2') })

    const asked = settlement(BOTH, 6, { name: 'users', reason: 'cACompromise' })
    t.same(new Set(await authorities.settleAuthorities(asked)), new Set([alice.id, dave.id, erin.id]))
    const revoked = { revokedAt: after(MINUTE), revocationReason: 'cACompromise' }
    const of = async (id: number) => (await identities.listCertificates(id)).map(standing)
    t.match(await of(alice.id), [revoked])
    t.match(await of(bob.id), [{ revokedAt: null }])
    t.match(await of(carol.id), [{ revokedAt: null }, { revokedAt: after(0), revocationReason: 'superseded' }])
    t.match(await of(dave.id), [revoked], 'it had ended, but is the newest, with which he could renew')
    const asking = renewal(ended, { endedAfter: after(-30 * DAY), at: after(2 * MINUTE) })
    await t.rejects(identities.renew({ ...asking, ...issuedBy('users-2') }), { code: 'certificate_revoked' })
    t.match(await of(frank.id), [{ revokedAt: null }, { revokedAt: null }], 'it had ended, and is not the newest')
    t.match(await of(erin.id), [{ revokedAt: null }, revoked], 'what is about to be superseded too')

    t.same(await authorities.settleAuthorities(asked), [], 'once')
    t.same((await acts(store)).slice(-2), ['root-crl @root', 'revoke-ca @users'])
    const { serialNumber } = alice.certificate
    t.match(await revocations.findStatus('users', serialNumber, after(MINUTE)), {
      revocation: { reason: 'cACompromise' },
    })
    t.equal(await revocations.findStatus('users-2', serialNumber, after(MINUTE)), null, 'another CA does not know it')
    const page = { at: after(MINUTE), unexpiredAt: new Date(0), after: null, limit: 10 }
    t.same((await revocations.listRevoked('users-2', page)).revoked, [])
    t.equal((await revocations.listRevoked('users', page)).revoked.length, 4)
  })

  await t.test('what a CA signed before it was revoked is not stored after', async (t) => {
    const store = await open(t)
    await store.authorities.settleAuthorities(settlement(BOTH, 5))
    const alice = await register(store, issuedBy('users'))
    await store.authorities.settleAuthorities(settlement(BOTH, 6, { name: 'users', reason: 'cACompromise' }))
    await t.rejects(store.identities.register(newUser()), { code: 'unavailable' })
    await t.rejects(store.identities.recover(recovery(alice)), { code: 'unavailable' })
    await store.identities.recover(recovery(alice, issuedBy('users-2')))
    await store.authorities.retireAuthority({ name: 'users-2', at: after(1000 * DAY) })
    await t.rejects(store.identities.register({ ...newUser(), ...issuedBy('users-2') }), { code: 'unavailable' })
  })

  await t.test('a revoked CA is retired at once', async (t) => {
    const store = await open(t)
    await store.authorities.settleAuthorities(settlement(BOTH, 5))
    await register(store, issuedBy('users'))
    await t.rejects(store.authorities.retireAuthority({ name: 'users', at: after(0) }), { code: 'forbidden' })
    t.equal(await store.authorities.rootCrlNumber(), 5)
    await store.authorities.settleAuthorities(settlement(BOTH, 6, { name: 'users', reason: 'cACompromise' }))
    t.equal(await store.authorities.rootCrlNumber(), 6)
    await store.authorities.retireAuthority({ name: 'users', at: after(0) })
  })

  await t.test('a CA is retired when its last certificate has ended', async (t) => {
    const store = await open(t)
    const { authorities } = store
    await authorities.settleAuthorities(settlement(BOTH, 5))
    t.equal(await authorities.lastEnd('users'), null)
    const { certificate } = await register(store, issuedBy('users'))
    t.same(await authorities.lastEnd('users'), certificate.notAfter)
    const early = new Date(certificate.notAfter.getTime() - 1)
    await t.rejects(authorities.retireAuthority({ name: 'users', at: early }), {
      code: 'forbidden',
      message: /good until 2027-04-02/,
    })
    for (const _ of [1, 2]) await authorities.retireAuthority({ name: 'users', at: certificate.notAfter })
    t.match((await authorities.listAuthorities())[1], { name: 'users', retiredAt: certificate.notAfter })
    t.same(
      (await acts(store)).filter((act) => act.startsWith('retire')),
      ['retire-ca @users'],
    )
  })

  await t.test('certificates of the server are revoked for the sake of another', async (t) => {
    const store = await open(t)
    const { authorities, revocations } = store
    await authorities.settleAuthorities(settlement(FIRST, 5))
    const pair = (notAfter: Date) => ({
      issuer: 'servers' as const,
      serialNumber: `01${randomBytes(17).toString('hex')}`,
      fingerprint: `sha256:${randomBytes(32).toString('hex')}`,
      notBefore: new Date(T0 - DAY),
      notAfter,
    })
    const [old, good, ended, replacement] = [after(DAY), after(2 * DAY), after(0), after(90 * DAY)].map(pair)
    if (!old || !good || !ended || !replacement) throw new Error('there are four')
    for (const each of [old, good, ended]) await revocations.recordServerCertificate(each)
    const asked = { reason: 'keyCompromise', replacement, at: after(MINUTE) } as const
    const serialNumbers = await authorities.revokeServerCertificates(asked)
    t.same(new Set(serialNumbers), new Set([old.serialNumber, good.serialNumber]))
    const of = async ({ serialNumber }: typeof old) => revocations.findStatus('servers', serialNumber, after(MINUTE))
    t.match(await of(good), { revocation: { revokedAt: after(MINUTE), reason: 'keyCompromise' } })
    t.match(await of(ended), { revocation: null })
    t.match(await of(replacement), { revocation: null })
    t.same(await acts(store), ['revoke-server @server'])
  })
}
