import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import { append, entry, event, invitation, registered, started, stay } from './fixtures.js'
import { recovery, revocation } from './upkeep-fixture.js'

export async function departureContract(t: Test, store: Store): Promise<void> {
  const { identities, log } = store

  await t.test('where a user is, or is invited, under another certificate', async (t) => {
    const [alice, bob] = [await registered(store), await registered(store)]
    const [own, former, inviting, declined] = [
      await started(store, alice),
      await started(store, alice),
      await started(store, bob),
      await started(store, bob),
    ]
    await append(store, entry(former.id, [event(2, alice.userId)], { stays: [stay(alice, 1, 2)] }))
    const sent = event(2, bob.userId, { type: 'invited', messageId: null })
    await append(store, entry(inviting.id, [sent], { invitations: [invitation(bob, alice)] }))
    const over = { state: 'declined', endedSeq: 2 } as const
    await append(store, entry(declined.id, [sent], { invitations: [invitation(bob, alice, over)] }))
    const places = async (except: string | null, limit = 10) => [...(await log.findPlaces(alice.userId, except, limit))]
    t.same((await places(null)).sort(), [own.uuid, inviting.uuid].sort())
    t.same((await places('sha256:other')).length, 2)
    t.same(await places(alice.fingerprint), [])
    t.equal((await places(null, 1)).length, 1)
  })

  await t.test('no stay begins under a certificate that was revoked before', async (t) => {
    const [alice, bob] = [await registered(store), await registered(store)]
    const { id } = await started(store, alice)
    const joined = event(2, alice.userId, { type: 'joined', messageId: null })
    await identities.recover(recovery({ id: bob.userId }))
    const late = await append(store, entry(id, [joined], { stays: [stay(bob, 2)] }))
    t.match(late, { failure: 'revoked', error: { code: 'certificate_rejected' } })
    t.same(await log.findPlaces(bob.userId, null, 10), [])
    const { certificate } = (await identities.findIdentityById(bob.userId)) ?? {}
    const anew = { ...bob, fingerprint: certificate?.fingerprint ?? '' }
    t.match(await append(store, entry(id, [joined], { stays: [stay(anew, 2)] })), { failure: null })
  })

  await t.test('a stay that began before goes on under a revoked certificate, and ends', async (t) => {
    const alice = await registered(store)
    const { id, uuid } = await started(store, alice)
    await identities.revoke(revocation({ id: alice.userId }))
    t.match(await append(store, entry(id, [event(2, alice.userId)], { stays: [stay(alice, 1)] })), { failure: null })
    t.same(await log.findPlaces(alice.userId, null, 10), [uuid])
    t.match(await append(store, entry(id, [event(3, alice.userId)], { stays: [stay(alice, 1, 3)] })), { failure: null })
    t.same(await log.findPlaces(alice.userId, null, 10), [])
  })
}
