import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf, inviteTo, join } from './handshake.js'
import { type HubFixture, type HubUser, openHub } from './hub-fixture.js'

async function say(hub: HubFixture, user: HubUser, conversation: string, count: number, payload = 'x'): Promise<void> {
  const send = () => hub.call(user, 'send', { conversation, messageId: randomUUID(), payload })
  await Promise.all(Array.from({ length: count }, send))
}

t.test('history reads the stays of the caller, and nothing between', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  await say(hub, alice, conversation, 2)
  await hub.call(bob, 'leave', { conversation })
  await say(hub, alice, conversation, 2)
  const read = (after: number, limit?: number) =>
    hub.call(bob, 'history', { conversation, after, ...(limit && { limit }) })
  t.match(await read(0), { lastSeq: 7, more: false })
  t.match(await read(7), { events: [], lastSeq: 7, more: false }, 'nothing of what came after')
  await join(hub, conversation, alice, bob)
  await say(hub, alice, conversation, 2)
  const seqs = async (after: number, limit?: number) => {
    const { events, more, lastSeq } = await read(after, limit)
    return [events.map(({ seq }) => seq), more, lastSeq]
  }
  t.same(await seqs(0), [[4, 5, 6, 7, 12, 13, 14], false, 14])
  t.same(await seqs(0, 2), [[4, 5], true, 14])
  t.same(await seqs(5, 2), [[6, 7], true, 14])
  t.same(await seqs(6, 2), [[7, 12], true, 14], 'a page goes on in the next stay')
  t.same(await seqs(7, 3), [[12, 13, 14], false, 14])
  t.same(await seqs(9, 1), [[12], true, 14], 'between two stays is before the next')
  t.same(await seqs(14), [[], false, 14])
  t.same(await seqs(99), [[], false, 14])
  t.match((await read(0)).events, { 0: { type: 'joined' }, 3: { type: 'left' }, 4: { type: 'joined' } })
})

t.test('a page of history is 100 events where no limit is named', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  await say(hub, alice, conversation, 120)
  const page = await hub.call(alice, 'history', { conversation, after: 0 })
  t.equal(page.events.length, 100)
  t.match(page, { more: true, lastSeq: 121 })
  t.equal((await hub.call(alice, 'history', { conversation, after: 0, limit: 500 })).events.length, 121)
})

t.test('a page of history is 1 MiB at most, over stays too', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const large = 'x'.repeat(65_536)
  await say(hub, alice, conversation, 15, large)
  await hub.call(bob, 'leave', { conversation })
  await join(hub, conversation, alice, bob)
  await say(hub, alice, conversation, 15, large)
  const seqs: number[] = []
  for (let after = 0, more = true; more; ) {
    const page = await hub.call(bob, 'history', { conversation, after, limit: 500 })
    t.ok(Buffer.byteLength(JSON.stringify(page.events)) <= 1024 * 1024, `${page.events.length} events fit`)
    seqs.push(...page.events.map(({ seq }) => seq))
    more = page.more
    after = seqs.at(-1) ?? 0
  }
  t.equal(seqs.length, 33)
  t.equal(new Set(seqs).size, 33)
})

t.test('conversations are listed in the order they were made, page by page', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const member = await conversationOf(hub, alice, bob)
  const left = await conversationOf(hub, alice, bob)
  await hub.call(bob, 'leave', { conversation: left })
  await say(hub, alice, left, 2)
  const invited = await conversationOf(hub, alice, carol)
  await inviteTo(hub, invited, alice, bob)
  const again = await conversationOf(hub, alice, bob)
  await hub.call(bob, 'leave', { conversation: again })
  await inviteTo(hub, again, alice, bob)
  await hub.call(bob, 'history', { conversation: member, after: 3 })
  await hub.call(bob, 'ack', { conversation: member, seq: 4 })
  const rows = [
    { conversation: member, status: 'member', lastSeq: 4, ackedSeq: 4 },
    { conversation: left, status: 'left', lastSeq: 5, ackedSeq: 0 },
    { conversation: invited, status: 'invited', lastSeq: 0, ackedSeq: 0 },
    { conversation: again, status: 'invited', lastSeq: 5, ackedSeq: 0 },
  ]
  t.same(await hub.call(bob, 'conversations'), { conversations: rows, more: false })
  const first = await hub.call(bob, 'conversations', { limit: 3 })
  t.same(first, { conversations: rows.slice(0, 3), more: true })
  const after = rows[2]?.conversation
  t.same(await hub.call(bob, 'conversations', { limit: 3, after }), { conversations: rows.slice(3), more: false })
  t.same(await hub.call(carol, 'conversations', { after: invited }), { conversations: [], more: false })
})

t.test('members are listed by username, with the certificate that the log knows and its status', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol, dave } = await hub.users('alice', 'bob', 'carol', 'dave')
  const conversation = await conversationOf(hub, bob, dave, alice)
  await inviteTo(hub, conversation, bob, carol)
  hub.alter(dave, { revokedAt: new Date(0) })
  const rows = [alice, bob, dave].map(({ username, fingerprint, certificate }) => ({
    username,
    fingerprint,
    certificate,
    status: username === 'dave' ? 'revoked' : 'valid',
  }))
  t.same(await hub.call(alice, 'members', { conversation }), { members: rows, more: false })
  t.same(await hub.call(alice, 'members', { conversation, limit: 2 }), { members: rows.slice(0, 2), more: true })
  t.same(await hub.call(alice, 'members', { conversation, limit: 2, after: 'bob' }), {
    members: rows.slice(2),
    more: false,
  })
  await t.rejects(hub.call(carol, 'members', { conversation }), { code: 'conversation_not_found' })
  await hub.call(alice, 'leave', { conversation })
  await t.rejects(hub.call(alice, 'members', { conversation }), { code: 'conversation_not_found' })
  hub.clock.now += 91 * 24 * 3600 * 1000
  t.match((await hub.call(bob, 'members', { conversation })).members, [{ status: 'expired' }, { status: 'revoked' }])
})

t.test('a conversation that is not there is not there', async (t) => {
  const hub = await openHub(t)
  const alice = await hub.user('alice')
  const conversation = randomUUID()
  const notFound = { code: 'conversation_not_found' }
  await t.rejects(hub.call(alice, 'history', { conversation, after: 0 }), notFound)
  await t.rejects(hub.call(alice, 'members', { conversation }), notFound)
  await t.rejects(hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: '' }), notFound)
  await t.rejects(hub.call(alice, 'ack', { conversation, seq: 0 }), notFound)
  for (const name of ['decline', 'cancel', 'acknowledgeInvitation'])
    await t.rejects(hub.call(alice, name, { invitation: randomUUID() }), { code: 'invitation_not_found' })
})

t.test('who one is', async (t) => {
  const hub = await openHub(t)
  const alice = await hub.user('alice')
  t.match(await hub.call(alice, 'whoami', {}, { device: 'phone' }), {
    identity: { username: 'alice', fingerprint: alice.fingerprint, status: 'valid' },
    device: 'phone',
    role: 'user',
  })
})
