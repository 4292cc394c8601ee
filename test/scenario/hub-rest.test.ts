import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { type Curl, curlOf } from '../support/curl.js'
import { acceptance, confirmation } from '../support/handshake.js'
import { connect, type Fields } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { challenge, PASSWORD, type User, userOf } from '../support/user.js'

/** The whole hub by curl: every answer is held against openapi.yaml as it comes. */
function hubOf(server: TestServer, curl: Curl) {
  const url = (path: string) => `${server.hubUrl}${path}`
  return {
    get: async (path: string) => {
      const answer = await curl('GET', url(path))
      return { status: answer.status, body: answer.json<Fields>() }
    },
    post: async (path: string, body: object) => {
      const json = ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)]
      const answer = await curl('POST', url(path), ...json)
      return { status: answer.status, body: answer.json<Fields>() }
    },
  }
}

async function registerByCurl(server: TestServer, username: string): Promise<User> {
  const curl = await curlOf(server)
  const key = await generateKey()
  const fields = { username, password: PASSWORD, csr: createCertificateRequest(key, username) }
  const args = Object.entries(fields).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`])
  const answer = await curl('POST', `${server.identityUrl}/register`, ...args)
  const { certificate, fingerprint } = answer.json<{ certificate: string; fingerprint: string }>()
  return userOf(server, username, key, certificate, fingerprint)
}

async function arrange(t: Parameters<typeof startServer>[0]) {
  const server = await startServer(t)
  const [alice, bob] = [await registerByCurl(server, 'alice'), await registerByCurl(server, 'bob')]
  const [a, b] = [hubOf(server, await curlOf(server, alice)), hubOf(server, await curlOf(server, bob))]
  return { server, alice, bob, a, b }
}

function ofType(events: readonly Fields[], type: string): Fields {
  const found = events.find((event) => event.type === type)
  if (!found) throw new Error(`no ${type} among ${JSON.stringify(events.map((event) => event.type))}`)
  return found
}

t.test('a conversation from its start to its end, by curl alone', async (t) => {
  const { server, alice, bob, a, b } = await arrange(t)
  const me = await a.get('/me?device=laptop')
  t.match(me, { status: 200, body: { device: 'laptop', role: 'user', identity: { username: 'alice' } } })

  const requestId = randomUUID()
  const participants = [{ certificate: bob.certificate }]
  const started = await a.post('/conversations', { participants, requestId })
  t.match(started, { status: 200, body: { seq: 1, participants: [{ username: 'bob', fingerprint: bob.fingerprint }] } })
  t.same(await a.post('/conversations', { participants, requestId }), started, 'a repeat is the same answer')
  const { conversation } = started.body
  const base = `/conversations/${conversation}`

  const { username, fingerprint } = bob
  const invitation = { username, fingerprint, challenge: challenge(), attachment: 'a2V5', requestId: randomUUID() }
  const invite = await a.post(`${base}/invitations`, invitation)
  t.match(invite, { status: 200, body: { seq: 2, rosterSeq: 1, members: [{ username: 'alice' }] } })
  t.same(await a.post(`${base}/invitations`, invitation), invite, 'a repeat is the same answer')
  const byWebSocket = await connect(t, server, alice)
  t.same(await byWebSocket.call('invite', { conversation, ...invitation }), invite.body, 'also over WebSocket')
  await byWebSocket.close()
  t.match((await b.get('/conversations')).body, { conversations: [{ conversation, status: 'invited' }], more: false })
  const invited = ofType((await b.get('/events')).body.events, 'invited')
  t.match(invited, { invitation: invite.body.invitation, attachment: 'a2V5', seq: undefined })
  const at = `/invitations/${invited.invitation}`
  t.same(await b.post(`${at}/ack`, {}), { status: 200, body: {} })
  t.same((await b.get('/events')).body.events, [])

  const { invitation: _, ...accept } = acceptance(server, bob, invited, 'cGFja2FnZQ')
  t.same(await b.post(`${at}/accept`, accept), { status: 200, body: {} })
  t.same(await b.post(`${at}/accept`, accept), { status: 200, body: {} }, 'again')
  const accepted = ofType((await a.get('/events?limit=500')).body.events, 'accepted')
  t.match(accepted, { seq: 3, attachment: 'cGFja2FnZQ', certificate: bob.certificate })
  const { invitation: __, ...confirm } = confirmation(server, alice, invited, accepted, {
    attachment: 'd2VsY29tZQ',
    commit: 'Y29t',
  })
  t.same(await a.post(`${at}/confirm`, { ...confirm, epoch: 0 }), { status: 200, body: { seq: 4 } })
  const joined = ofType((await b.get('/events')).body.events, 'joined')
  t.match(joined, { seq: 4, attachment: 'd2VsY29tZQ', commit: 'Y29t', confirmationRoster: invited.roster })

  const message = { messageId: randomUUID(), payload: 'grüße 🙂', contentType: 'text/plain' }
  const sent = await b.post(`${base}/messages?device=phone`, message)
  t.match(sent, { status: 200, body: { seq: 5, duplicate: false } })
  t.same(await b.post(`${base}/messages?device=phone`, message), {
    status: 200,
    body: { ...sent.body, duplicate: true },
  })
  t.match(await b.post(`${base}/messages`, { ...message, payload: 'other' }), {
    status: 409,
    body: { code: 'message_conflict' },
  })
  const behind = await a.post(`${base}/messages`, { messageId: randomUUID(), payload: 'x', epoch: 0 })
  t.match(behind, { status: 409, body: { code: 'epoch_conflict', epoch: 1 } })
  t.same(await a.post(`${base}/signals`, { payload: 'typing' }), { status: 200, body: {} })

  const from = { username: 'bob', fingerprint: bob.fingerprint, device: 'phone' }
  const history = await a.get(`${base}/events?after=4&limit=1`)
  t.match(history.body, { events: [{ ...message, type: 'message', seq: 5, from }], lastSeq: 5, more: false })
  t.match((await a.get(`${base}/events?after=0&limit=2`)).body, { events: [{ seq: 1 }, { seq: 2 }], more: true })
  t.match(await a.post(`${base}/ack`, { seq: 5 }), { status: 400, body: { code: 'invalid_request' } }, '4 is missing')
  t.match((await a.get(`${base}/events?after=3`)).body, { events: [{ seq: 4 }, { seq: 5 }], more: false })
  t.same(await a.post(`${base}/ack`, { seq: 5 }), { status: 200, body: {} })
  t.same((await a.get('/events')).body, { events: [], gaps: [], more: false })
  t.match((await a.get('/conversations?limit=1')).body, {
    conversations: [{ conversation, status: 'member', lastSeq: 5, ackedSeq: 5 }],
  })
  t.same((await a.get(`/conversations?after=${conversation}`)).body.conversations, [])
  const first = await b.get(`${base}/members?limit=1`)
  t.match(first.body, { members: [{ username: 'alice', certificate: alice.certificate, status: 'valid' }], more: true })
  t.match((await b.get(`${base}/members?after=alice`)).body, { members: [{ username: 'bob' }], more: false })

  t.same(await b.post(`${base}/leave`, { reason: 'done' }), { status: 200, body: { seq: 6 } })
  t.same(await b.post(`${base}/leave`, {}), { status: 200, body: { seq: 6 } })
  t.match(ofType((await a.get('/events')).body.events, 'left'), { seq: 6, reason: 'left', text: 'done' })
  t.match((await b.get('/conversations')).body, { conversations: [{ status: 'left', lastSeq: 6 }] })
})

t.test('invitations that end, by curl', async (t) => {
  const { bob, a, b } = await arrange(t)
  const { body } = await a.post('/conversations', { participants: [{ certificate: bob.certificate }] })
  const base = `/conversations/${body.conversation}`
  const { username, fingerprint } = bob
  const invite = async () =>
    (await a.post(`${base}/invitations`, { username, fingerprint, challenge: challenge() })).body

  t.same((await b.get('/events')).body.events, [], 'this device is known before')
  const first = await invite()
  const again = await a.post(`${base}/invitations`, { username, fingerprint, challenge: challenge() })
  t.match(again, { status: 409, body: { code: 'invitation_open' } })
  t.same(await b.post(`/invitations/${first.invitation}/decline`, { reason: 'not now' }), { status: 200, body: {} })
  t.match(ofType((await a.get('/events')).body.events, 'declined'), { seq: 3, reason: 'not now' })
  const confirmed = await a.post(`/invitations/${first.invitation}/confirm`, { signature: challenge() })
  t.match(confirmed, { status: 409, body: { code: 'invitation_state', state: 'declined' } })

  const second = await invite()
  t.same(await a.post(`/invitations/${second.invitation}/cancel`, {}), { status: 200, body: { seq: 5 } })
  const { events } = (await b.get('/events')).body
  t.same(
    events.map(({ type, invitation }) => [type, invitation]),
    [
      ['invited', first.invitation],
      ['declined', first.invitation],
      ['invited', second.invitation],
      ['cancelled', second.invitation],
    ],
  )
})
