import type { Test } from 'tap'
import type { DeviceRecord, StoredInvitation, StoredParty } from '../../src/store/records.js'
import type { Store } from '../../src/store/store.js'
import { append, entry, event, invitation, registered, type Started, started, stay, T0 } from './fixtures.js'

const HOUR = 3600 * 1000

export async function mailboxContract(t: Test, store: Store): Promise<void> {
  const { log } = store
  const alice = await registered(store)
  const open = (userId: number, name = 'laptop') => log.openDevice(userId, name, new Date(T0), 16)

  /** The next event of a conversation, and what it makes of an invitation. */
  const write = async (id: number, seq: number, sent: StoredInvitation, at = T0) => {
    const type = sent.endedSeq === null ? 'invited' : sent.state
    await append(store, entry(id, [event(seq, alice.userId, { type, at })], { invitations: [sent] }))
    return sent
  }
  const leave = (id: number, who: StoredParty, fromSeq: number, seq: number) =>
    append(store, entry(id, [event(seq, who.userId)], { stays: [stay(who, fromSeq, seq)] }))

  await t.test('of conversations he is a member of, the stays that are not acknowledged to the end', async (t) => {
    const bob = await registered(store)
    const [first, second, others] = [
      await started(store, alice),
      await started(store, bob),
      await started(store, alice),
    ]
    await append(store, entry(first.id, [event(2, alice.userId)], { stays: [stay(bob, 2)] }))
    await leave(first.id, bob, 2, 3)
    await append(store, entry(first.id, [event(4, alice.userId), event(5, alice.userId)], { stays: [stay(bob, 5)] }))
    const device = await open(bob.userId)
    const stays = [
      { fromSeq: 2, toSeq: 3 },
      { fromSeq: 5, toSeq: null },
    ]
    const conversation = { conversationId: first.id, uuid: first.uuid, lastSeq: 5, ackedSeq: 2 }
    const own = [{ fromSeq: 1, toSeq: null }]
    log.acknowledge(device.id, first.id, 2)
    const conversations = [
      { ...conversation, stays },
      { conversationId: second.id, uuid: second.uuid, lastSeq: 1, stays: own, ackedSeq: 0 },
    ]
    t.same(await log.openMailbox(device, 9), { conversations, notices: [] })
    log.acknowledge(device.id, first.id, 3)
    const [acked] = (await log.openMailbox(device, 9)).conversations
    t.same(acked, { ...conversation, ackedSeq: 3, stays: stays.slice(1) })
    t.same(await log.openMailboxConversation(device, first.uuid), { ...conversation, ackedSeq: 3, stays })
    t.equal(await log.openMailboxConversation(device, others.uuid), null)
  })

  await t.test('conversations he has left come page by page, those alone that are not acknowledged', async (t) => {
    const bob = await registered(store)
    const device = await open(bob.userId)
    const all: Started[] = []
    for (let n = 0; n < 7; n += 1) all.push(await started(store, bob))
    const [member, read, ...left] = all
    if (!member || !read) throw new Error('nothing was started')
    for (const { id } of [read, ...left]) await leave(id, bob, 1, 2)
    log.acknowledge(device.id, read.id, 2)
    const seen: string[] = []
    let after: number | null = 0
    let pages = 0
    for (; after !== null; pages += 1) {
      const page = await log.readLeft(device, after, 3)
      seen.push(...page.conversations.map(({ uuid }) => uuid))
      after = page.next
    }
    t.same(
      seen,
      left.map(({ uuid }) => uuid),
    )
    t.equal(pages, 3)
    t.same(
      (await log.openMailbox(device, 9)).conversations.map(({ uuid }) => uuid),
      [member.uuid],
    )
  })

  await t.test('a new device is told of what is open, and of what comes, whatever the clock says', async (t) => {
    const bob = await registered(store)
    const { id, uuid } = await started(store, alice)
    const old = await open(bob.userId, 'old')
    const invite = (seq: number) => write(id, seq, invitation(alice, bob, { invitedSeq: seq }))
    const end = (seq: number, sent: StoredInvitation, state: StoredInvitation['state']) =>
      write(id, seq, { ...sent, state, endedSeq: seq }, T0 - HOUR)
    const sent = [await invite(2), await invite(3), await invite(4)] as const
    await end(5, sent[0], 'cancelled')
    const device = await open(bob.userId)
    const of = async (which: DeviceRecord) =>
      (await log.readNotices(which, 9)).map(({ invitation, seq, place }) => [invitation, seq, place])
    const invited = (n: 0 | 1 | 2) => [sent[n].id, n + 2, 1]
    t.same(await of(device), [invited(1), invited(2)], 'a new device is told of open ones only')
    t.same(await of(old), [invited(0), invited(1), invited(2), [sent[0].id, 5, 2]])

    await end(6, sent[1], 'declined')
    await end(7, sent[2], 'joined')
    t.same(await of(device), [invited(1), [sent[1].id, 6, 2]], 'joined acknowledges it on every device')
    t.same(await of(old), [invited(0), invited(1), [sent[0].id, 5, 2], [sent[1].id, 6, 2]])
    t.same((await log.openMailbox(old, 2)).notices, await log.readNotices(old, 2), 'so many at most')
    log.acknowledgeInvitation(old.id, sent[1].id, 1)
    t.same(await log.readNoticesOf(old, sent[1].id), [{ invitation: sent[1].id, conversationId: id, seq: 6, place: 2 }])
    t.same(await log.readNoticesOf(old, sent[2].id), [])
    t.equal(await log.readNoticesOf(await open(alice.userId), sent[1].id), null, 'it is none to another')
    t.match(await log.listConversations(device, null, 9), [], `nothing of ${uuid} is open any more`)
  })

  await t.test(
    'the list of conversations: member, invited and left, each once, in the order they were made',
    async (t) => {
      const bob = await registered(store)
      const device = await open(bob.userId)
      const all: Started[] = []
      for (let n = 0; n < 4; n += 1) all.push(await started(store, n < 2 ? bob : alice))
      const [left, member, invited, rejoining] = all
      if (!left || !member || !invited || !rejoining) throw new Error('nothing was started')
      await leave(left.id, bob, 1, 2)
      await append(store, entry(left.id, [event(3, bob.userId)], { stays: [stay(alice, 3)] }))
      await write(invited.id, 2, invitation(alice, bob))
      await append(store, entry(rejoining.id, [event(2, bob.userId)], { stays: [stay(bob, 2)] }))
      await leave(rejoining.id, bob, 2, 3)
      await write(rejoining.id, 4, invitation(alice, bob, { invitedSeq: 4 }))
      log.acknowledge(device.id, member.id, 1)
      const rows = [
        { conversation: left.uuid, status: 'left', lastSeq: 2, ackedSeq: 0 },
        { conversation: member.uuid, status: 'member', lastSeq: 1, ackedSeq: 1 },
        { conversation: invited.uuid, status: 'invited', lastSeq: 0, ackedSeq: 0 },
        { conversation: rejoining.uuid, status: 'invited', lastSeq: 3, ackedSeq: 0 },
      ]
      t.same(await log.listConversations(device, null, 9), rows)
      t.same(await log.listConversations(device, null, 2), rows.slice(0, 2))
      t.same(await log.listConversations(device, member.uuid, 9), rows.slice(2))
      t.equal(await log.listConversations(device, invitation(alice, bob).id, 9), null, 'there is no such conversation')
    },
  )
}
