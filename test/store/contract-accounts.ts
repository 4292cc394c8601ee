import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import { T0 } from './fixtures.js'
import {
  after,
  byPassword,
  certificate,
  DAY,
  everything,
  HASH,
  recovery,
  register,
  renewal,
  revocation,
} from './upkeep-fixture.js'

export async function accountContract(t: Test, store: Store): Promise<void> {
  const { identities } = store

  await t.test('a password that was changed meanwhile proves nothing', async (t) => {
    const user = await register(store)
    await identities.scheduleDeletion({ ...byPassword(user), effectiveAt: after(7 * DAY) })
    await identities.changePassword({ ...byPassword(user), newHash: 'new', escrow: null })
    const before = await everything(store, user.id)
    t.match(before.identity?.user, { passwordHash: 'new', deletionAt: null })
    const escrow = { blob: 'late', spkiHash: user.certificate.spkiHash }
    const attempts: readonly Promise<unknown>[] = [
      identities.changePassword({ ...byPassword(user), newHash: 'late', escrow }),
      identities.replaceEscrow({ ...byPassword(user), escrow }),
      identities.recover(recovery(user)),
      identities.revoke(revocation(user)),
      identities.scheduleDeletion({ ...byPassword(user), effectiveAt: after(DAY) }),
    ]
    for (const late of attempts) await t.rejects(late, { code: 'invalid_credentials' })
    t.same(await everything(store, user.id), before)
  })

  await t.test('a locked key is never kept beside another certificate', async (t) => {
    const user = await register(store, { encryptedPrivateKey: null })
    const escrow = { blob: 'blob of the first key', spkiHash: user.certificate.spkiHash }
    await identities.replaceEscrow({ ...byPassword(user), escrow })
    t.same(await identities.findEscrow(user.id), escrow)
    const [renewed, late] = await Promise.allSettled([
      identities.renew(renewal(user.certificate)),
      identities.replaceEscrow({ ...byPassword(user), escrow }),
    ])
    t.equal(renewed.status, 'fulfilled')
    t.match(late, { reason: { code: 'certificate_mismatch' } })
    const change = { ...byPassword(user), newHash: 'new', escrow }
    await t.rejects(identities.changePassword(change), { code: 'certificate_mismatch' })
    t.equal(await identities.findEscrow(user.id), null)
    t.equal((await identities.findIdentityById(user.id))?.user.passwordHash, HASH)
  })

  await t.test('a deletion is carried out when it is due, and not before', async (t) => {
    const user = await register(store)
    const due = after(7 * DAY)
    t.same(await identities.scheduleDeletion({ ...byPassword(user), effectiveAt: due }), due)
    t.same(
      await identities.scheduleDeletion({ ...byPassword(user), effectiveAt: after(9 * DAY) }),
      due,
      'the first stands',
    )
    const listed = async (at: Date) => (await identities.findDueDeletions(at, 1000)).includes(user.id)
    t.equal(await listed(new Date(due.getTime() - 1)), false)
    t.equal(await identities.deleteDueAccount({ userId: user.id, dueBy: new Date(due.getTime() - 1), at: due }), false)
    t.equal(await listed(due), true)
    t.equal(await identities.deleteDueAccount({ userId: user.id, dueBy: due, at: due }), true)
    t.equal(await identities.deleteDueAccount({ userId: user.id, dueBy: due, at: due }), false)
    t.equal(await listed(due), false)
    t.equal(await identities.findIdentity(user.username), null)
    const gone = await identities.findIdentityById(user.id)
    t.match(gone?.user, { deletedAt: due, departure: 'deleted', passwordHash: '' })
    t.match(gone?.certificate, { revokedAt: due, revocationReason: 'cessationOfOperation' })
    t.equal(await identities.findEscrow(user.id), null)
    await t.rejects(register(store, { username: user.username }), { code: 'username_taken' })
    const key = { ...certificate('registration'), spkiHash: user.certificate.spkiHash }
    await t.rejects(register(store, { certificate: key }), { code: 'csr_rejected' }, 'nor is the key')
  })

  await t.test('whoever has the certificate lifts locks and calls a deletion off', async (t) => {
    const user = await register(store)
    const policy = { failures: 1, windowMs: DAY, lockMs: DAY, maxLockMs: DAY }
    const attempts = ['192.0.2.1', '192.0.2.2'].map((address) => ({ username: user.username, address }))
    for (const attempt of attempts) await identities.countAttempt(attempt, new Date(T0), policy)
    const [first = { username: '', address: '' }] = attempts
    t.ok(await identities.countAttempt(first, new Date(T0), policy))
    await identities.scheduleDeletion({ ...byPassword(user), effectiveAt: after(7 * DAY) })
    await identities.unlock(user.certificate.fingerprint, after(0))
    for (const attempt of attempts) t.equal(await identities.countAttempt(attempt, new Date(T0), policy), null)
    t.equal((await identities.findIdentityById(user.id))?.user.deletionAt, null)
    await identities.deleteAccount(user.certificate.fingerprint, after(0))
    await t.rejects(identities.unlock(user.certificate.fingerprint, after(0)), { code: 'account_disabled' })
  })
}
