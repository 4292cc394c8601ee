import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import {
  ADDRESS,
  after,
  byPassword,
  certificate,
  DAY,
  everything,
  HASH,
  MINUTE,
  recovery,
  register,
  renewal,
  revocation,
  standing,
} from './upkeep-fixture.js'

export async function revocationContract(t: Test, store: Store): Promise<void> {
  const { identities } = store

  await t.test('a recovery revokes what was, and begins anew', async (t) => {
    const user = await register(store)
    const renewed = renewal(user.certificate)
    await identities.renew(renewed)
    await identities.scheduleDeletion({ ...byPassword(user), effectiveAt: after(7 * DAY) })
    const asked = recovery(user, { at: after(2 * MINUTE), encryptedPrivateKey: 'blob of the third key' })
    await identities.recover(asked)
    const { identity, escrow, certificates } = await everything(store, user.id)
    t.match(identity?.user, { role: 'user', departure: 'recovered', deletionAt: null })
    t.match(identity?.certificate, { authorisedBy: 'password', previous: null, revokedAt: null })
    t.equal(identity?.certificate.fingerprint, asked.certificate.fingerprint)
    t.same(escrow, { blob: 'blob of the third key', spkiHash: asked.certificate.spkiHash })
    for (const old of certificates.slice(1)) t.match(old, { revokedAt: asked.at, revocationReason: 'superseded' })
    t.equal(await identities.isRenewalOf(asked.certificate.fingerprint, renewed.certificate.fingerprint), false)
    t.ok((await identities.findDeparting(1000)).some(({ userId }) => userId === user.id))
    await identities.finishDeparture({ userId: user.id, departure: 'deleted' })
    t.match((await identities.findIdentityById(user.id))?.user, { departure: 'recovered' }, 'of another reason')
    await identities.finishDeparture({ userId: user.id, departure: 'recovered' })
    t.match((await identities.findIdentityById(user.id))?.user, { departure: null })
  })

  await t.test('a recovery without a locked key keeps one of the same key alone', async (t) => {
    const user = await register(store)
    await identities.recover(recovery(user, { certificate: certificate('password', user.certificate) }))
    t.match(await identities.findEscrow(user.id), { blob: user.encryptedPrivateKey })
    await identities.recover(recovery(user))
    t.equal(await identities.findEscrow(user.id), null)
  })

  await t.test('a recovery from a compromise bars every key that was in use', async (t) => {
    const user = await register(store)
    const renewed = renewal(user.certificate)
    await identities.renew(renewed)
    const barred = recovery(user, { certificate: certificate('password', user.certificate), reason: 'keyCompromise' })
    await t.rejects(identities.recover(barred), { code: 'csr_rejected' })
    t.match(await identities.findKey(user.certificate.spkiHash), { compromised: false }, 'nothing is half done')
    await identities.recover(recovery(user, { reason: 'keyCompromise' }))
    for (const { spkiHash } of [user.certificate, renewed.certificate])
      t.match(await identities.findKey(spkiHash), { userId: user.id, compromised: true })
  })

  await t.test('of a renewal beside a recovery both are whole, in either order', async (t) => {
    for (const first of ['renew', 'recover'] as const) {
      const user = await register(store)
      const [renewing, recovering] = [renewal(user.certificate), recovery(user)]
      const both = { renew: () => identities.renew(renewing), recover: () => identities.recover(recovering) }
      const second = first === 'renew' ? 'recover' : 'renew'
      const results = await Promise.allSettled([both[first](), both[second]()])
      t.equal(results[0]?.status, 'fulfilled')
      if (first === 'recover') t.match(results[1], { reason: { code: 'certificate_revoked' } })
      const { identity, certificates, escrow } = await everything(store, user.id)
      t.equal(identity?.certificate.fingerprint, recovering.certificate.fingerprint, 'the recovery is the last word')
      t.ok(certificates.slice(1).every(({ revokedAt }) => revokedAt !== null))
      t.equal(escrow, null)
    }
  })

  await t.test('a renewal beside a revocation is never left good', async (t) => {
    const user = await register(store)
    const [renewed, revoked] = await Promise.allSettled([
      identities.renew(renewal(user.certificate)),
      identities.revoke(revocation(user)),
    ])
    t.equal(renewed.status, 'fulfilled')
    t.equal(revoked.status, 'fulfilled')
    t.ok((await identities.findIdentityById(user.id))?.certificate.revokedAt, 'by password the newest is meant')
    const other = await register(store)
    const results = await Promise.allSettled([
      identities.revoke(revocation(other)),
      identities.renew(renewal(other.certificate)),
    ])
    t.match(results[1], { reason: { code: 'certificate_revoked' } })
  })

  await t.test('a revocation keeps its first date and reason', async (t) => {
    const user = await register(store)
    await identities.revoke({ ...revocation(user), reason: 'affiliationChanged' })
    await identities.revoke({ ...revocation(user), at: after(DAY) })
    const found = await identities.findIdentity(user.username)
    t.match(found?.certificate, { revokedAt: after(MINUTE), revocationReason: 'affiliationChanged' })
    t.equal((await identities.findKey(user.certificate.spkiHash))?.compromised, false)
  })

  await t.test('a compromised key takes all its certificates with it, and others stay', async (t) => {
    const user = await register(store)
    const same = renewal(user.certificate, { certificate: certificate('key', user.certificate) })
    await identities.renew(same)
    const other = renewal(same.certificate, { at: after(2 * MINUTE) })
    await identities.renew(other)
    const { serialNumber } = same.certificate
    await identities.revoke({ ...revocation(user), serialNumber, reason: 'keyCompromise', at: after(3 * MINUTE) })
    const [newest, second, first] = await identities.listCertificates(user.id)
    t.equal(newest?.revokedAt, null)
    for (const one of [first, second])
      t.match(one && standing(one), { revokedAt: after(3 * MINUTE), revocationReason: 'keyCompromise' })
    const back = { ...certificate('key'), spkiHash: user.certificate.spkiHash }
    const asked = renewal(other.certificate, { certificate: back, at: after(4 * MINUTE) })
    await t.rejects(identities.renew(asked), { code: 'csr_rejected', message: /compromised/ })
  })

  await t.test('a certificate that was superseded stays revoked since then', async (t) => {
    const user = await register(store)
    const asked = renewal(user.certificate)
    await identities.renew(asked)
    const { serialNumber } = user.certificate
    await identities.revoke({ ...revocation(user), serialNumber, reason: 'keyCompromise', at: after(DAY) })
    t.match((await identities.listCertificates(user.id))[1], { supersededAt: asked.supersededAt, revokedAt: null })
    t.match(await identities.findKey(user.certificate.spkiHash), { compromised: true })
  })

  await t.test('an older certificate revokes itself, and neither the newest nor its key', async (t) => {
    const user = await register(store)
    const asked = renewal(user.certificate, { certificate: certificate('key', user.certificate) })
    await identities.renew(asked)
    const proof = { fingerprint: user.certificate.fingerprint }
    const by = (serialNumber: string | null, reason: 'superseded' | 'keyCompromise' = 'superseded') =>
      identities.revoke({ userId: user.id, proof, serialNumber, reason, at: after(2 * MINUTE) })
    const before = await everything(store, user.id)
    await t.rejects(by(asked.certificate.serialNumber), { code: 'forbidden' })
    await t.rejects(by(null, 'keyCompromise'), { code: 'forbidden' }, 'that would revoke the newest too')
    await t.rejects(identities.deleteAccount(proof.fingerprint, after(0)), { code: 'forbidden' })
    t.same(await everything(store, user.id), before)
    await by(null)
    t.match((await identities.listCertificates(user.id))[1], { revokedAt: after(2 * MINUTE) })
    t.equal((await identities.findIdentityById(user.id))?.certificate.revokedAt, null)
  })

  await t.test('nobody revokes the certificate of another', async (t) => {
    const [user, victim] = [await register(store), await register(store)]
    const before = await everything(store, victim.id)
    const { serialNumber } = victim.certificate
    for (const proof of [{ passwordHash: HASH, address: ADDRESS }, { fingerprint: user.certificate.fingerprint }])
      for (const reason of ['superseded', 'keyCompromise'] as const) {
        const asked = { userId: user.id, proof, serialNumber, reason, at: after(0) }
        await t.rejects(identities.revoke(asked), { code: 'not_found' })
      }
    t.same(await everything(store, victim.id), before)
  })
}
