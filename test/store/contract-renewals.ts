import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import { after, certificate, DAY, everything, MINUTE, register, renewal, revocation } from './upkeep-fixture.js'

export async function renewalContract(t: Test, store: Store): Promise<void> {
  const { identities } = store

  await t.test('renewal with the same key leaves the old certificate and the locked key as they are', async (t) => {
    const user = await register(store)
    const asked = renewal(user.certificate, { certificate: certificate('key', user.certificate) })
    const renewed = await identities.renew(asked)
    t.match(renewed, { userId: user.id, previous: user.certificate.fingerprint, authorisedBy: 'key', revokedAt: null })
    t.equal((await identities.findIdentityById(user.id))?.certificate.fingerprint, renewed.fingerprint)
    const [, old] = await identities.listCertificates(user.id)
    t.match(old, { supersededAt: null, revokedAt: null })
    t.match(await identities.findEscrow(user.id), { blob: user.encryptedPrivateKey })
  })

  await t.test('renewal with a new key supersedes the old, and drops the locked key or replaces it', async (t) => {
    const user = await register(store)
    const first = renewal(user.certificate)
    await identities.renew(first)
    t.equal(await identities.findEscrow(user.id), null)
    t.match((await identities.listCertificates(user.id))[1], { supersededAt: first.supersededAt, revokedAt: null })
    const second = renewal(first.certificate, { at: after(2 * MINUTE), encryptedPrivateKey: 'blob of the third key' })
    await identities.renew(second)
    t.same(await identities.findEscrow(user.id), {
      blob: 'blob of the third key',
      spkiHash: second.certificate.spkiHash,
    })
    const [, , old] = await identities.listCertificates(user.id)
    t.same(old?.supersededAt, first.supersededAt, 'superseded once')
  })

  await t.test('the same request again gets the first answer', async (t) => {
    const user = await register(store)
    const asked = renewal(user.certificate)
    const renewed = await identities.renew(asked)
    const before = await everything(store, user.id)
    const again = (changes: object) => identities.renew({ ...asked, certificate: certificate('key'), ...changes })
    t.same(await again({ at: after(5 * MINUTE) }), renewed, 'under the certificate that it replaced')
    t.same(await again({ fingerprint: renewed.fingerprint }), renewed, 'under itself')
    t.same(await everything(store, user.id), before)
    const late = { fingerprint: renewed.fingerprint, at: after(60 * DAY) }
    t.not((await again(late)).fingerprint, renewed.fingerprint, 'late in its life it is a new request')
  })

  await t.test('of ten different renewals at once one succeeds', async (t) => {
    const user = await register(store)
    const asked = Array.from({ length: 10 }, (_, index) =>
      renewal(user.certificate, { encryptedPrivateKey: `blob ${index}` }),
    )
    const results = await Promise.allSettled(asked.map((one) => identities.renew(one)))
    const winner = results.findIndex(({ status }) => status === 'fulfilled')
    for (const [index, result] of results.entries())
      if (index !== winner) t.match(result, { reason: { code: 'certificate_superseded' } })
    const { identity, escrow, certificates } = await everything(store, user.id)
    t.equal(certificates.length, 2)
    t.equal(identity?.certificate.fingerprint, asked[winner]?.certificate.fingerprint)
    t.same(escrow, { blob: `blob ${winner}`, spkiHash: asked[winner]?.certificate.spkiHash })
    for (const [index, { certificate }] of asked.entries())
      if (index !== winner) t.equal(await identities.findKey(certificate.spkiHash), null)
  })

  await t.test('of the same renewal ten times at once all get one answer', async (t) => {
    const user = await register(store)
    const asked = renewal(user.certificate)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => identities.renew({ ...asked, certificate: certificate('key') })),
    )
    t.equal(new Set(answers.map(({ fingerprint }) => fingerprint)).size, 1)
    t.equal((await identities.listCertificates(user.id)).length, 2)
  })

  await t.test('who may not renew changes nothing', async (t) => {
    const user = await register(store)
    const [stranger, other] = [await register(store), await register(store)]
    const refused = async (code: string, asked: ReturnType<typeof renewal>) => {
      const before = await everything(store, user.id)
      await t.rejects(identities.renew(asked), { code }, code)
      t.same(await everything(store, user.id), before)
    }
    const foreign = { ...certificate('key'), spkiHash: stranger.certificate.spkiHash }
    await refused('csr_rejected', renewal(user.certificate, { certificate: foreign }))
    await refused('certificate_unknown', renewal(certificate('key')))
    await refused('certificate_expired', renewal(user.certificate, { at: after(120 * DAY) }))
    await identities.revoke({ ...revocation(other), reason: 'keyCompromise' })
    await refused('certificate_revoked', renewal(other.certificate))
    const barred = { ...certificate('key'), spkiHash: other.certificate.spkiHash }
    await refused('csr_rejected', renewal(user.certificate, { certificate: barred }))
    const next = renewal(user.certificate)
    await identities.renew(next)
    await refused('certificate_superseded', renewal(user.certificate))
    await refused('certificate_superseded', renewal(user.certificate, { at: after(12 * MINUTE) }))
    const grace = renewal(next.certificate, { at: after(119 * DAY) })
    t.equal((await identities.renew(grace)).fingerprint, grace.certificate.fingerprint, 'within 30 days of its end')
  })

  await t.test('a line of renewals goes forward, and through no password', async (t) => {
    const user = await register(store)
    const second = renewal(user.certificate)
    await identities.renew(second)
    const third = renewal(second.certificate, { at: after(2 * MINUTE) })
    await identities.renew(third)
    const [a, b, c] = [user.certificate, second.certificate, third.certificate].map(({ fingerprint }) => fingerprint)
    const isRenewal = (newer = '', earlier = '') => identities.isRenewalOf(newer, earlier)
    t.same(await Promise.all([isRenewal(c, a), isRenewal(c, b), isRenewal(b, a)]), [true, true, true])
    t.same(await Promise.all([isRenewal(a, c), isRenewal(a, 'sha256:0')]), [false, false])
  })
}
