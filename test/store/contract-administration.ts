import type { Test } from 'tap'
import type { AdministratorAct } from '../../src/store/administration-store.js'
import type { Store } from '../../src/store/store.js'
import { T0 } from './fixtures.js'
import {
  after,
  byPassword,
  certificate,
  DAY,
  everything,
  MINUTE,
  type Registered,
  register,
  renewal,
} from './upkeep-fixture.js'

const at = after(5 * MINUTE)
const atConsole = ({ username }: Registered) => ({ username, by: null, at })

export async function administrationContract(t: Test, store: Store): Promise<void> {
  const { identities, administration } = store
  const administrator = await register(store)
  await administration.grantRole({ username: administrator.username, role: 'administrator', at: after(0) })
  const by = ({ username }: Registered, who = administrator) => ({ username, by: who.certificate.fingerprint, at })

  await t.test('a role is given and taken', async (t) => {
    const { username } = await register(store)
    t.match(await administration.findUser(username), { role: 'user' })
    await administration.grantRole({ username, role: 'administrator', at: after(0) })
    t.match(await administration.findUser(username), { role: 'administrator' })
    await administration.grantRole({ username, role: 'user', at: after(0) })
    t.match(await administration.findUser(username), { role: 'user' })
    await t.rejects(administration.grantRole({ username: 'nobody-at-all', role: 'user', at: after(0) }), {
      code: 'user_not_found',
    })
  })

  await t.test('only an administrator whose certificate is good changes anything', async (t) => {
    const user = await register(store)
    const [ordinary, disabled, revoked, superseded] = [
      await register(store),
      await register(store),
      await register(store),
      await register(store),
    ]
    for (const { username } of [disabled, revoked, superseded])
      await administration.grantRole({ username, role: 'administrator', at: after(0) })
    await administration.disable(atConsole(disabled))
    await administration.revoke({ ...atConsole(revoked), serialNumber: null, reason: 'superseded' })
    await identities.renew(renewal(superseded.certificate, { supersededAt: at }))
    const before = await everything(store, user.id)
    const acts = (one: AdministratorAct): readonly Promise<unknown>[] => [
      administration.disable(one),
      administration.enable(one),
      administration.unlock(one),
      administration.revoke({ ...one, serialNumber: null, reason: 'keyCompromise' }),
    ]
    for (const [who, code] of [
      [ordinary, 'forbidden'],
      [disabled, 'account_disabled'],
      [revoked, 'certificate_revoked'],
      [superseded, 'certificate_superseded'],
    ] as const)
      for (const act of acts(by(user, who))) await t.rejects(act, { code })
    for (const act of acts({ ...by(user), at: after(91 * DAY) })) await t.rejects(act, { code: 'certificate_expired' })
    for (const act of acts({ username: user.username, by: 'sha256:00', at }))
      await t.rejects(act, { code: 'certificate_unknown' })
    t.same(await everything(store, user.id), before)
    for (const act of acts({ username: 'nobody-at-all', by: null, at }))
      await t.rejects(act, { code: 'user_not_found' })
  })

  await t.test('disabling keeps its first date, and enabling ends it', async (t) => {
    const user = await register(store)
    await administration.disable(by(user))
    await administration.disable({ ...by(user), at: after(DAY) })
    t.match(await administration.findUser(user.username), { disabledAt: at })
    await administration.enable(by(user))
    t.match(await administration.findUser(user.username), { disabledAt: null })
  })

  await t.test('unlocking forgets failures and calls a deletion off', async (t) => {
    const user = await register(store)
    await identities.scheduleDeletion({ ...byPassword(user), effectiveAt: after(7 * DAY) })
    const policy = { failures: 1, windowMs: DAY, lockMs: DAY, maxLockMs: DAY }
    await identities.countAttempt({ username: user.username, address: '192.0.2.1' }, new Date(T0), policy)
    await administration.unlock(by(user))
    t.match(await administration.findUser(user.username), { deletionAt: null })
    t.same(await administration.listLoginFailures(user.username), [])
  })

  await t.test('revoking one certificate, all, and those of compromised keys', async (t) => {
    const user = await register(store)
    const first = user.certificate
    const next = renewal(first, { certificate: certificate('key', first) })
    await identities.renew(next)
    const one = { ...by(user), serialNumber: first.serialNumber, reason: 'superseded' } as const
    t.same((await administration.revoke(one)).serialNumbers, [first.serialNumber])
    t.same((await administration.revoke(one)).serialNumbers, [], 'it was')
    const all = { ...by(user), serialNumber: null, reason: 'privilegeWithdrawn' } as const
    t.same((await administration.revoke(all)).serialNumbers, [next.certificate.serialNumber])
    t.match(await administration.findIssued(first.serialNumber), { revocationReason: 'superseded' })
    t.match(await administration.findIssued(next.certificate.serialNumber), { revocationReason: 'privilegeWithdrawn' })
    t.match(await identities.findKey(first.spkiHash), { compromised: false })
    t.same((await administration.revoke({ ...all, reason: 'keyCompromise' })).serialNumbers, [])
    t.match(await identities.findKey(first.spkiHash), { compromised: true }, 'its key is barred all the same')
    const foreign = { ...all, serialNumber: administrator.certificate.serialNumber }
    await t.rejects(administration.revoke(foreign), { code: 'not_found' })
  })

  await t.test(
    'a compromise of one certificate is that of every certificate of its key, and of no other',
    async (t) => {
      const user = await register(store)
      const same = renewal(user.certificate, { certificate: certificate('key', user.certificate) })
      await identities.renew(same)
      const other = renewal(same.certificate, { supersededAt: after(DAY) })
      await identities.renew(other)
      const { serialNumber } = user.certificate
      const revoked = await administration.revoke({ ...by(user), serialNumber, reason: 'keyCompromise' })
      t.equal(revoked.userId, user.id)
      t.same([...revoked.serialNumbers].sort(), [serialNumber, same.certificate.serialNumber].sort())
      t.match(await identities.findKey(other.certificate.spkiHash), { compromised: false })
    },
  )
}
