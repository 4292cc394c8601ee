import type { Store } from '../../src/store/store.js'
import { append, entry, event, invitation, newUser, registered, started, stay, T0 } from './fixtures.js'

/** Leaves a row in every table. */
export async function fillEveryTable(store: Store): Promise<void> {
  await store.settle({ rootFingerprint: 'sha256:00', trustDomain: 'example.org' })
  const [alice, bob] = [await registered(store), await registered(store)]
  await store.identities.register(newUser({ encryptedPrivateKey: 'locked' }))
  const until = { notBefore: new Date(T0), notAfter: new Date(T0 + 1) }
  const ofServer = { serialNumber: '01', fingerprint: 'sha256:00', issuer: 'servers', ...until } as const
  await store.revocations.recordServerCertificate(ofServer)
  const authorities = [{ name: 'users', fingerprint: 'sha256:01' }] as const
  await store.authorities.settleAuthorities({ authorities, rootCrl: null, at: new Date(T0) })
  await store.revocations.recordCrl('users', { number: T0 / 1000, issuedAt: new Date(T0) })
  const policy = { failures: 1, windowMs: 1, lockMs: 1, maxLockMs: 1 }
  await store.identities.countAttempt({ username: 'x', address: '192.0.2.1' }, new Date(T0), policy)
  const { id } = await started(store, alice)
  const sent = invitation(alice, bob)
  const request = { userId: alice.userId, requestId: 'ea9f2c2a-3f06-4b4e-9d5c-56a6c0a1d8a1', hash: 'a', seq: 2 }
  await append(store, entry(id, [event(2, alice.userId)], { invitations: [sent], stays: [stay(bob, 2)], request }))
  const device = await store.log.openDevice(bob.userId, 'laptop', new Date(T0), 16)
  await store.log.openDevice(bob.userId, 'phone', new Date(T0), 16)
  store.log.acknowledge(device.id, id, 2)
  await new Promise((resolve) => store.log.acknowledgeInvitation(device.id, sent.id, 1, resolve))
}
