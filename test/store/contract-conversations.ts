import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Store } from '../../src/store/store.js'
import { append, entry, event, invitation, registered, started, stay } from './fixtures.js'

export async function conversationContract(t: Test, store: Store): Promise<void> {
  const { log } = store
  const alice = await registered(store)
  const bob = await registered(store)

  await t.test('a new conversation is loaded as it was stored', async (t) => {
    const { id, uuid } = await started(store, alice)
    t.same(await log.load(uuid), {
      id,
      uuid,
      createdBy: alice.userId,
      lastSeq: 1,
      epoch: 0,
      closed: false,
      stays: [stay(alice, 1)],
      invitations: [],
    })
    t.equal(await log.load(randomUUID()), null)
  })

  await t.test('rows of the projections replace those of the same key', async (t) => {
    const { id, uuid } = await started(store, alice)
    const open = invitation(alice, bob)
    await append(store, entry(id, [event(2, alice.userId)], { invitations: [open] }))
    t.same((await log.load(uuid))?.invitations, [open])

    const accepted = {
      ...open,
      state: 'accepted',
      inviteeChallenge: 'x',
      inviteeAttachment: '-',
      inviteeSignature: 'y',
    } as const
    await append(store, entry(id, [event(3, bob.userId)], { invitations: [accepted], epoch: 4 }))
    const joined = {
      ...accepted,
      state: 'joined',
      inviterSignature: 'z',
      commitAttachment: '-',
      confirmationAttachment: '-',
      endedSeq: 4,
    } as const
    await append(store, entry(id, [event(4, alice.userId)], { invitations: [joined], stays: [stay(bob, 4)], epoch: 5 }))
    t.match(await log.load(uuid), {
      lastSeq: 4,
      epoch: 5,
      stays: [stay(alice, 1), stay(bob, 4)],
      invitations: [joined],
    })

    const renewed = { ...stay(bob, 4, 5), fingerprint: `sha256:${'f'.repeat(64)}` }
    await append(store, entry(id, [event(5, bob.userId)], { stays: [renewed] }))
    await append(store, entry(id, [event(6, bob.userId)], { stays: [stay(bob, 6)] }))
    await append(
      store,
      entry(id, [event(7, bob.userId)], { stays: [stay(bob, 6, 7), stay(alice, 1, 7)], closed: true }),
    )
    const last = await log.load(uuid)
    t.same(last?.stays, [stay(alice, 1, 7), renewed, stay(bob, 6, 7)], 'every stay, by its first event')
    t.equal(last?.closed, true)
  })

  await t.test('appends that share a commit leave the state of the last', async (t) => {
    const { id, uuid } = await started(store, alice)
    await Promise.all([2, 3, 4].map((seq) => append(store, entry(id, [event(seq, alice.userId)], { epoch: seq }))))
    t.match(await log.load(uuid), { lastSeq: 4, epoch: 4 })
  })

  await t.test('a failed append leaves no projection behind', async (t) => {
    const { id, uuid } = await started(store, alice)
    const changes = { invitations: [invitation(alice, bob)], stays: [stay(bob, 9)] }
    t.equal((await append(store, entry(id, [event(9, alice.userId)], changes))).failure, 'conflict')
    t.match(await log.load(uuid), { lastSeq: 1, stays: [stay(alice, 1)], invitations: [] })
  })

  await t.test('the conversation of an invitation is found', async (t) => {
    const { id, uuid } = await started(store, alice)
    const open = invitation(alice, bob)
    await append(store, entry(id, [event(2, alice.userId)], { invitations: [open] }))
    t.equal(await log.findConversationOfInvitation(open.id), uuid)
    t.equal(await log.findConversationOfInvitation(randomUUID()), null)
  })

  await t.test('a request is stored with its events, once', async (t) => {
    const { id, uuid } = await started(store, alice)
    const request = { userId: alice.userId, requestId: randomUUID(), hash: 'a'.repeat(64), seq: 2 }
    const send = (seq: number) => append(store, entry(id, [event(seq, alice.userId)], { request }))
    t.equal((await send(2)).failure, null)
    t.same(await log.findRequest(alice.userId, request.requestId), {
      hash: request.hash,
      conversationId: id,
      uuid,
      seq: 2,
    })
    t.equal((await send(3)).failure, 'duplicate')
    t.equal((await log.load(uuid))?.lastSeq, 2)
    t.equal(await log.findRequest(bob.userId, request.requestId), null, 'another user may use the same one')
  })

  await t.test('invitations whose time is up, oldest first', async (t) => {
    const { id, uuid } = await started(store, alice)
    const at = (expiresAt: string, changes = {}) => invitation(alice, bob, { expiresAt, ...changes })
    const [late, early, future] = [
      at('2020-01-02T00:00:00Z'),
      at('2020-01-01T00:00:00Z', { state: 'accepted' }),
      at('2020-01-04T00:00:00Z'),
    ]
    const ended = at('2020-01-01T00:00:00Z', { state: 'cancelled', endedSeq: 2 })
    await append(store, entry(id, [event(2, alice.userId)], { invitations: [late, early, future, ended] }))
    const due = (time: string, limit = 10) => log.findDueInvitations(new Date(time), limit)
    t.same(await due('2020-01-03T00:00:00.500Z'), [
      { invitation: early.id, uuid },
      { invitation: late.id, uuid },
    ])
    t.same(await due('2020-01-03T00:00:00.500Z', 1), [{ invitation: early.id, uuid }])
    t.same(await due('2020-01-01T00:00:00.000Z'), [{ invitation: early.id, uuid }], 'in the very second')
    t.same(await due('2019-12-31T23:59:59.999Z'), [])
  })

  await t.test('open invitations by and to a user, page by page', async (t) => {
    const [inviter, invitee] = [await registered(store), await registered(store)]
    const { id, uuid } = await started(store, inviter)
    const open = [invitation(inviter, invitee), invitation(inviter, alice), invitation(inviter, bob)]
    const ended = invitation(inviter, invitee, { state: 'cancelled', endedSeq: 2 })
    const towards = invitation(bob, inviter)
    await append(store, entry(id, [event(2, inviter.userId)], { invitations: [...open, ended, towards] }))
    const ids = [...open, towards].map((one) => one.id).sort()
    const all = await log.findOpenInvitations(inviter.userId, '', 10)
    t.same(
      all.map((one) => one.invitation),
      ids,
    )
    t.ok(all.every((one) => one.uuid === uuid && one.fingerprint === inviter.fingerprint))
    t.same(
      (await log.findOpenInvitations(inviter.userId, ids[0] ?? '', 2)).map((one) => one.invitation),
      ids.slice(1, 3),
    )
    t.match(await log.findOpenInvitations(invitee.userId, '', 10), [
      { invitation: open[0]?.id, fingerprint: invitee.fingerprint },
    ])
  })
}
