import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf, join } from '../../support/handshake.js'
import { type Fields, refusal } from '../../support/hub-client.js'
import { startServer } from '../../support/server.js'
import { challenge, registerUsers } from '../../support/user.js'
import { inviteTo, parties } from './invitation.js'

const server = await startServer(t)
const users = await registerUsers(server, 'alice', 'bob', 'carol', 'mallory')
const NOT_FOUND = { code: 404, data: { code: 'conversation_not_found' } }

function message(conversation: string, payload: string) {
  return { conversation, messageId: randomUUID(), payload }
}

t.test("a member's events read by someone who is none", async (t) => {
  const [a, b, m] = await parties(t, server, users.alice, users.bob, users.mallory)
  const conversation = await conversationOf(server, a, b)
  await a.client.call('send', message(conversation, 'secret'))
  const { username, fingerprint } = users.carol

  const calls: readonly (readonly [string, object])[] = [
    ['history', { conversation, after: 0 }],
    ['members', { conversation }],
    ['ack', { conversation, seq: 1 }],
    ['signal', { conversation, payload: 'psst' }],
    ['send', message(conversation, 'psst')],
    ['leave', { conversation }],
    ['invite', { conversation, username, fingerprint, challenge: challenge() }],
    ['invite', { conversation, username: 'mallory', fingerprint: m.user.fingerprint, challenge: challenge() }],
  ]
  for (const [method, params] of calls) {
    const failure = await refusal(m.client.call(method, params))
    t.match(failure, NOT_FOUND, method)
    const unknown = await refusal(m.client.call(method, { ...params, conversation: randomUUID() }))
    t.same(failure, unknown, `${method}: as if there were none`)
  }
  const routes: readonly (readonly ['GET' | 'POST', string, object?])[] = [
    ['GET', 'events?after=0'],
    ['GET', 'members'],
    ['POST', 'ack', { seq: 1 }],
    ['POST', 'signals', { payload: 'psst' }],
    ['POST', 'messages', { messageId: randomUUID(), payload: 'psst' }],
    ['POST', 'leave', {}],
    ['POST', 'invitations', { username, fingerprint, challenge: challenge() }],
  ]
  for (const [method, path, body] of routes) {
    const answer = await m.user.call(method, `/conversations/${conversation}/${path}`, body)
    t.equal(answer.status, 404, path)
    t.equal(answer.json().code, 'conversation_not_found')
  }
  t.same(m.client.events, [], 'nothing is pushed')
  t.same((await m.client.call('conversations')).conversations, [])
  t.same((await m.user.call('GET', '/events')).json(), { events: [], gaps: [], more: false })
  t.notOk(b.client.frames.some(({ method }) => method === 'signal'))
})

t.test('invitations of others', async (t) => {
  const [a, b, c, m] = await parties(t, server, users.alice, users.bob, users.carol, users.mallory)
  const conversation = await conversationOf(server, a, b)
  const { invitation } = await inviteTo(conversation, a, c)
  const signature = challenge()
  const moves: readonly (readonly [string, object])[] = [
    ['accept', { invitation, challenge: challenge(), signature }],
    ['confirm', { invitation, signature }],
    ['decline', { invitation }],
    ['cancel', { invitation }],
    ['ack', { invitation }],
  ]
  for (const [method, params] of moves)
    for (const { client, user } of [m, b]) {
      const failure = await refusal(client.call(method, params))
      t.match(failure, { code: 404, data: { code: 'invitation_not_found' } }, `${method} by ${user.username}`)
    }
  t.match(await refusal(c.client.call('confirm', { invitation, signature })), { code: 404 }, 'confirm by the invitee')
  t.match(await refusal(c.client.call('cancel', { invitation })), { code: 404 }, 'cancel by the invitee')
  t.match(await refusal(a.client.call('decline', { invitation })), { code: 404 }, 'decline by the inviter')
  t.match(await refusal(c.client.call('history', { conversation, after: 0 })), NOT_FOUND, 'history by the invitee')
  t.match(await refusal(c.client.call('members', { conversation })), NOT_FOUND, 'members by the invitee')
  t.match(await refusal(c.client.call('send', message(conversation, 'hi'))), NOT_FOUND, 'send by the invitee')
  t.same(m.client.events, [])
})

t.test('sending after leaving', async (t) => {
  const [a, b] = await parties(t, server, users.alice, users.bob)
  const conversation = await conversationOf(server, a, b)
  const { seq } = await b.client.call('leave', { conversation })
  const { username, fingerprint } = users.carol
  const calls: readonly (readonly [string, object])[] = [
    ['send', message(conversation, 'still here')],
    ['signal', { conversation, payload: 'still here' }],
    ['members', { conversation }],
    ['invite', { conversation, username, fingerprint, challenge: challenge() }],
  ]
  for (const [method, params] of calls) t.match(await refusal(b.client.call(method, params)), NOT_FOUND, method)
  const { payload, messageId } = message(conversation, 'still here')
  const byRest = await b.user.call('POST', `/conversations/${conversation}/messages`, { payload, messageId })
  t.equal(byRest.status, 404)
  t.equal((await b.client.call('leave', { conversation })).seq, seq, 'leaving again says when he left')
  const { events } = await b.client.call('history', { conversation, after: 0 })
  t.match(events.at(-1), { type: 'left', seq, from: { username: 'bob' } }, 'his own stay stays readable')
  await a.client.event((e) => e.type === 'left')
  await a.client.call('whoami')
  t.notOk(a.client.events.some(({ type }) => type === 'message'))
})

t.test('reading between two stays', async (t) => {
  const [a, b] = await parties(t, server, users.alice, users.bob)
  const conversation = await conversationOf(server, a, b)
  const { seq: before } = await a.client.call('send', message(conversation, 'before'))
  const { seq: left } = await b.client.call('leave', { conversation })
  for (const payload of ['between', 'between too']) await a.client.call('send', message(conversation, payload))
  t.match(await b.client.call('history', { conversation, after: 0 }), { lastSeq: left })
  const { seq: back } = await join(server, conversation, a, b)
  await a.client.call('send', message(conversation, 'after'))
  await b.client.event(({ payload }) => payload === 'after')

  const mayKnow = (event: Fields) => event.seq === undefined || event.seq <= left || event.seq >= back
  t.ok(before < left && left + 2 < back)
  t.ok(b.client.events.every(mayKnow), 'by push')
  const { events, lastSeq } = await b.client.call('history', { conversation, after: 0 })
  t.ok(events.every(mayKnow), 'by history')
  const payloads = events.map(({ payload }) => payload).filter((payload) => payload !== undefined)
  t.same(payloads, ['before', 'after'])
  t.equal(lastSeq, back + 1)
  const inside = await b.client.call('history', { conversation, after: left, limit: 1 })
  t.same(
    inside.events.map(({ seq }) => seq),
    [back],
  )
  const polled = await b.user.call('GET', '/events?device=other&limit=500')
  const { events: others } = polled.json<{ events: Fields[] }>()
  const here = others.filter((event) => event.conversation === conversation)
  t.ok(here.some(({ payload }) => payload === 'after'))
  t.ok(here.every(mayKnow), 'by GET /events')
  t.ok(here.every(({ payload }) => !payload?.startsWith('between')))
})
