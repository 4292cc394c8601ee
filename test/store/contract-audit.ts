import type { Test } from 'tap'
import { type AuditRecord, auditHash, NO_HEAD } from '../../src/store/audit.js'
import type { Store } from '../../src/store/store.js'
import {
  ADDRESS,
  after,
  byPassword,
  DAY,
  HASH,
  MINUTE,
  recovery,
  register,
  renewal,
  revocation,
} from './upkeep-fixture.js'

const POLICY = { failures: 3, windowMs: 15 * MINUTE, lockMs: 15 * MINUTE, maxLockMs: DAY }

export async function auditContract(t: Test, store: Store): Promise<void> {
  const { identities, administration, audit } = store
  const about = (subject: string) => audit.listAudit({ subject, after: 0, limit: 100 })
  const acts = async (subject: string) =>
    (await about(subject)).map(({ actor, action, details }) => ({ actor, action, ...JSON.parse(details) }))

  await t.test('each change is written down with what proved it', async (t) => {
    const user = await register(store)
    const { username, certificate } = user
    const { fingerprint, serialNumber, spkiHash } = certificate
    const own = { actor: username, address: ADDRESS }
    await identities.takeEscrow({ ...byPassword(user), spkiHash })
    await identities.changePassword({ ...byPassword(user), newHash: 'other', escrow: null })
    await identities.changePassword({ ...byPassword(user), passwordHash: 'other', newHash: HASH, escrow: null })
    await identities.replaceEscrow({ ...byPassword(user), escrow: { blob: 'blob', spkiHash } })
    await identities.scheduleDeletion({ ...byPassword(user), effectiveAt: after(DAY) })
    await identities.unlock(fingerprint, after(0))
    const next = renewal(certificate)
    await identities.renew(next)
    await identities.revoke({ ...revocation(user), serialNumber })
    const recovered = recovery(user)
    await identities.recover(recovered)
    await identities.deleteAccount(recovered.certificate.fingerprint, after(2 * MINUTE))
    t.same(await acts(username), [
      { ...own, action: 'register', serialNumber },
      { ...own, action: 'fetch-my' },
      { ...own, action: 'change-password' },
      { ...own, action: 'change-password' },
      { ...own, action: 'replace-private-key' },
      { ...own, action: 'schedule-deletion', effectiveAt: after(DAY).toISOString() },
      { actor: username, action: 'unlock', certificate: fingerprint },
      { actor: username, action: 'renew', certificate: fingerprint, serialNumber: next.certificate.serialNumber },
      { ...own, action: 'revoke', serialNumber, reason: 'superseded' },
      { ...own, action: 'recover', serialNumber: recovered.certificate.serialNumber, reason: 'superseded' },
      { actor: username, action: 'delete-account', certificate: recovered.certificate.fingerprint },
    ])
  })

  await t.test('what changes nothing is not, however often', async (t) => {
    const user = await register(store)
    const { serialNumber } = user.certificate
    const next = renewal(user.certificate)
    await identities.renew(next)
    const { fingerprint } = next.certificate
    const under = { proof: { fingerprint }, serialNumber, at: after(2 * MINUTE) }
    for (let n = 0; n < 3; n += 1) {
      await identities.unlock(fingerprint, after(2 * MINUTE))
      await identities.revoke({ ...revocation(user), ...under })
    }
    const actions = async () => (await acts(user.username)).map(({ action }) => action)
    t.same(await actions(), ['register', 'renew', 'revoke'])
    for (let n = 0; n < 3; n += 1) await identities.revoke({ ...revocation(user), ...under, reason: 'keyCompromise' })
    t.same((await actions()).slice(3), ['revoke'], 'but a key that is barred, once')
  })

  await t.test('so are the acts of administrators', async (t) => {
    const [boss, user] = [await register(store), await register(store)]
    const { username } = user
    await administration.grantRole({ username: boss.username, role: 'administrator', at: after(0) })
    const by = boss.certificate.fingerprint
    await administration.disable({ username, by, at: after(0) })
    await administration.enable({ username, by: null, at: after(0) })
    await administration.unlock({ username, by, at: after(0) })
    await administration.revoke({ username, by, at: after(0), serialNumber: null, reason: 'keyCompromise' })
    t.match((await acts(boss.username))[1], { actor: '@operator', action: 'grant', role: 'administrator' })
    t.same((await acts(username)).slice(1), [
      { actor: boss.username, action: 'disable', certificate: by },
      { actor: '@operator', action: 'enable' },
      { actor: boss.username, action: 'unlock', certificate: by },
      {
        actor: boss.username,
        action: 'revoke',
        certificate: by,
        serialNumbers: user.certificate.serialNumber,
        reason: 'keyCompromise',
      },
    ])
  })

  await t.test('what is refused is not written down', async (t) => {
    const user = await register(store)
    const before = await audit.auditHead()
    const wrong = { ...byPassword(user), passwordHash: 'wrong' }
    await t.rejects(identities.takeEscrow({ ...wrong, spkiHash: user.certificate.spkiHash }))
    await t.rejects(identities.recover({ ...recovery(user), passwordHash: 'wrong' }))
    await t.rejects(register(store, { username: user.username }), { code: 'username_taken' })
    t.equal(await identities.takeEscrow({ ...byPassword(user), spkiHash: 'another' }), null)
    t.same(await audit.auditHead(), before)
  })

  await t.test('wrong passwords are one row for each account, address and window, when it is over', async (t) => {
    const user = await register(store)
    const attempt = { username: user.username, address: '198.51.100.7' }
    const nobody = { ...attempt, username: 'nobody-of-that-name' }
    const count = (one: typeof attempt, minutes: number) =>
      identities.countAttempt(one, after(minutes * MINUTE), POLICY)
    for (const one of [attempt, attempt, nobody]) await count(one, 0)
    // Counted before it was checked, and right: no failure.
    await count(attempt, 1)
    await identities.forgiveAttempts(attempt)
    t.equal((await about(user.username)).length, 1, 'not before it is over')
    await identities.expireFailures(after(16 * MINUTE))
    await count(attempt, 20)
    await identities.unlock(user.certificate.fingerprint, after(21 * MINUTE))
    const failed = { actor: '@unknown', action: 'login-failed', address: attempt.address }
    t.same((await acts(user.username)).slice(1), [
      { ...failed, count: 2, since: after(0).toISOString() },
      { ...failed, count: 1, since: after(20 * MINUTE).toISOString() },
      { actor: user.username, action: 'unlock', certificate: user.certificate.fingerprint },
    ])
    t.same(await about(nobody.username), [], 'names that nobody has are not written down')
  })

  await t.test('rows follow each other without a hole, many at once too', async (t) => {
    await Promise.all(Array.from({ length: 20 }, () => register(store)))
    const all: AuditRecord[] = []
    for (let page = await from(0); page.length > 0; page = await from(all.at(-1)?.seq ?? 0)) all.push(...page)
    let before = NO_HEAD
    for (const record of all) {
      t.same([record.seq, record.previousHash], [before.seq + 1, before.hash])
      t.equal(record.hash, auditHash(record))
      before = record
    }
    t.same(await audit.auditHead(), { seq: before.seq, hash: before.hash })
  })

  function from(seq: number) {
    return audit.listAudit({ subject: null, after: seq, limit: 7 })
  }
}
