import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import { append, entry, event, invitation, registered, started, stay, T0 } from './fixtures.js'

const HOUR = 3600 * 1000

export async function mailboxContract(t: Test, store: Store): Promise<void> {
  const { log } = store
  const alice = await registered(store)
  const open = (userId: number) => log.openDevice(userId, 'laptop', new Date(T0), 16)

  await t.test('every conversation with a stay, ended ones too, and no other', async (t) => {
    const bob = await registered(store)
    const [first, second, others] = [
      await started(store, alice),
      await started(store, bob),
      await started(store, alice),
    ]
    await append(store, entry(first.id, [event(2, alice.userId)], { stays: [stay(bob, 2)] }))
    await append(store, entry(first.id, [event(3, bob.userId)], { stays: [stay(bob, 2, 3)] }))
    await append(store, entry(first.id, [event(4, alice.userId), event(5, alice.userId)], { stays: [stay(bob, 5)] }))
    const device = await open(bob.userId)
    log.acknowledge(device.id, first.id, 3)
    const conversations = [
      {
        conversationId: first.id,
        uuid: first.uuid,
        lastSeq: 5,
        stays: [
          { fromSeq: 2, toSeq: 3 },
          { fromSeq: 5, toSeq: null },
        ],
        ackedSeq: 3,
      },
      { conversationId: second.id, uuid: second.uuid, lastSeq: 1, stays: [{ fromSeq: 1, toSeq: null }], ackedSeq: 0 },
    ]
    t.same(await log.openMailbox(device), { conversations, invitations: [] })
    t.same(await log.openMailboxConversation(device, first.uuid), conversations[0])
    t.equal(await log.openMailboxConversation(device, others.uuid), null)
  })

  await t.test(
    'open invitations, and those that ended unjoined after the device was made, whatever the clock says',
    async (t) => {
      const bob = await registered(store)
      const { id, uuid } = await started(store, alice)
      const states = ['invited', 'accepted', 'joined', 'declined', 'cancelled', 'expired'] as const
      const before = states.map((state) =>
        invitation(alice, bob, {
          state,
          ...(state.endsWith('ed') && state !== 'invited' && state !== 'accepted' ? { endedSeq: 2 } : {}),
        }),
      )
      await append(store, entry(id, [event(2, alice.userId, { at: T0 + HOUR })], { invitations: before }))
      const device = await open(bob.userId)
      t.same(
        (await log.openMailbox(device)).invitations.map(({ invitation }) => invitation).sort(),
        before
          .slice(0, 2)
          .map(({ id }) => id)
          .sort(),
        'a new device gets open ones only',
      )

      const after = states.slice(2).map((state) => invitation(alice, bob, { state, invitedSeq: 3, endedSeq: 3 }))
      const foreign = invitation(alice, await registered(store))
      await append(store, entry(id, [event(3, alice.userId, { at: T0 - HOUR })], { invitations: [...after, foreign] }))
      const expected = [
        ...before.slice(0, 2).map(({ id }) => ({ invitation: id, invitedSeq: 2, endedSeq: null })),
        ...after.slice(1).map(({ id }) => ({ invitation: id, invitedSeq: 3, endedSeq: 3 })),
      ].map((row) => ({ ...row, conversationId: id, uuid, acked: 0 }))
      const byId = (a: { invitation: string }, b: { invitation: string }) => (a.invitation < b.invitation ? -1 : 1)
      t.same([...(await log.openMailbox(device)).invitations].sort(byId), expected.sort(byId))
      for (const { id } of [...before, ...after])
        t.same(
          await log.openMailboxInvitation(device, id),
          { pending: expected.find(({ invitation }) => invitation === id) ?? null },
          'one alone is as it is among all',
        )
      t.equal(await log.openMailboxInvitation(device, foreign.id), null)
    },
  )
}
