import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import { newUser, registered } from './fixtures.js'

export async function identityContract(t: Test, { identities, ...store }: Store): Promise<void> {
  await t.test('a registered user is found whole', async (t) => {
    const user = newUser({ encryptedPrivateKey: '-----BEGIN ENCRYPTED PRIVATE KEY-----\n' })
    await identities.register(user)
    const found = await identities.findIdentity(user.username)
    t.match(found?.user, {
      username: user.username,
      passwordHash: user.passwordHash,
      role: 'user',
      disabledAt: null,
      deletedAt: null,
    })
    const { der, ...certificate } = user.certificate
    t.match(found?.certificate, {
      ...certificate,
      previous: null,
      supersededAt: null,
      revokedAt: null,
      revocationReason: null,
    })
    t.equal(Buffer.compare(found?.certificate.der ?? Buffer.alloc(0), der), 0)
    t.equal(found?.certificate.userId, found?.user.id)

    const userId = found?.user.id ?? 0
    t.same(await identities.findIdentityById(userId), found)
    t.same(await identities.findByFingerprint(certificate.fingerprint), found)
    t.same(await identities.findKey(certificate.spkiHash), { userId, compromised: false })
    t.same(await identities.findEscrow(userId), { blob: user.encryptedPrivateKey, spkiHash: certificate.spkiHash })
    t.same(await identities.listCertificates(userId), [found?.certificate])
  })

  await t.test('what is not there is null', async (t) => {
    t.equal(await identities.findIdentity('nobody'), null)
    t.equal(await identities.findIdentityById(1_000_000), null)
    t.equal(await identities.findByFingerprint(`sha256:${'0'.repeat(64)}`), null)
    t.equal(await identities.findKey('0'.repeat(64)), null)
    const { userId } = await registered({ identities, ...store })
    t.equal(await identities.findEscrow(userId), null)
  })

  await t.test('of 50 concurrent registrations of one name one succeeds', async (t) => {
    const { username } = newUser()
    const users = Array.from({ length: 50 }, () => newUser({ username }))
    const results = await Promise.allSettled(users.map((user) => identities.register(user)))
    const winner = results.findIndex(({ status }) => status === 'fulfilled')
    for (const [index, result] of results.entries())
      if (index !== winner) t.match(result, { status: 'rejected', reason: { code: 'username_taken' } })
    t.equal((await identities.findIdentity(username))?.certificate.fingerprint, users[winner]?.certificate.fingerprint)
    for (const [index, { certificate }] of users.entries())
      if (index !== winner)
        t.equal(await identities.findKey(certificate.spkiHash), null, 'nothing of a loser is stored')
  })

  await t.test('a key belongs to one user for good', async (t) => {
    const first = newUser()
    await identities.register(first)
    const fresh = newUser()
    const second = { ...fresh, certificate: { ...fresh.certificate, spkiHash: first.certificate.spkiHash } }
    await t.rejects(identities.register(second), { code: 'csr_rejected' })
    t.equal(await identities.findIdentity(second.username), null, 'nothing of the second is stored')
    await identities.register({ ...fresh, username: second.username })
    t.ok(await identities.findIdentity(second.username), 'and his name is still free')
  })

  await t.test('a password hash is replaced only if nobody replaced it before', async (t) => {
    const { userId, username } = await registered({ identities, ...store })
    const hash = async () => (await identities.findIdentity(username))?.user.passwordHash
    const before = (await hash()) ?? ''
    await identities.replacePasswordHash(userId, before, 'new')
    t.equal(await hash(), 'new')
    await identities.replacePasswordHash(userId, before, 'late')
    t.equal(await hash(), 'new')
  })
}
