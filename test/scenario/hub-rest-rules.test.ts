import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

const server = await startServer(t)
const { alice, bob } = await registerUsers(server, 'alice', 'bob')
const json = { 'content-type': 'application/json' }

interface Invalid {
  readonly code: string
  readonly detail: string
  readonly errors: readonly { readonly path: string }[]
}

const POSTS = [
  '/conversations',
  `/conversations/${randomUUID()}/invitations`,
  `/conversations/${randomUUID()}/leave`,
  `/conversations/${randomUUID()}/messages`,
  `/conversations/${randomUUID()}/signals`,
  `/conversations/${randomUUID()}/ack`,
  `/invitations/${randomUUID()}/accept`,
  `/invitations/${randomUUID()}/confirm`,
  `/invitations/${randomUUID()}/decline`,
  `/invitations/${randomUUID()}/cancel`,
  `/invitations/${randomUUID()}/ack`,
]

t.test('bodies are application/json only', async (t) => {
  for (const path of POSTS) {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/problem+json',
      'multipart/form-data',
    ]) {
      const answer = await alice.call('POST', path, Buffer.from('{}'), { 'content-type': type })
      t.equal(answer.status, 415, `${path} ${type}`)
      t.equal(answer.json().code, 'unsupported_media_type')
    }
    t.equal((await alice.call('POST', path, Buffer.from('{}'), { 'content-type': '' })).status, 415)
    const withCharset = await alice.call('POST', path, Buffer.from('{}'), {
      'content-type': 'application/json; charset=utf-8',
    })
    t.not(withCharset.status, 415)
  }
})

t.test('a body that is none, or none of an object, is 400', async (t) => {
  const bodies = [
    '',
    '{',
    '[]',
    '"x"',
    'null',
    '1',
    '{"reason":"\\ud800"}',
    '{"reason":"a","reason":1}',
    '{"__proto__":{}}',
  ]
  for (const path of POSTS)
    for (const body of [...bodies.map((text) => Buffer.from(text)), Buffer.from([0x22, 0xc3, 0x28, 0x22])]) {
      const answer = await alice.call('POST', path, body, json)
      t.match(answer, { status: 400 }, `${path} ${body.toString()}`)
      t.equal(answer.json().code, 'invalid_request')
    }
})

t.test('{} where there is nothing to say', async (t) => {
  const conversation = await conversationOf(
    server,
    { user: alice, client: await connect(t, server, alice, { device: 'ws' }) },
    { user: bob, client: await connect(t, server, bob, { device: 'ws' }) },
  )
  for (const path of [`/conversations/${conversation}/leave`, `/invitations/${randomUUID()}/decline`])
    t.match(await alice.call('POST', path), { status: /^(400|415)$/ }, 'no body at all')
  const left = await bob.call('POST', `/conversations/${conversation}/leave`, {})
  t.match(left, { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } })
})

t.test('what no schema knows is refused, and named', async (t) => {
  for (const path of POSTS) {
    const answer = await alice.call('POST', path, { colour: 'red' })
    const { errors, detail } = answer.json<Invalid>()
    t.equal(answer.status, 400, path)
    t.match(`${detail} ${JSON.stringify(errors)}`, /colour/)
    t.equal((await alice.call('POST', `${path}?colour=red`, {})).status, 400, `${path}?colour`)
  }
  const id = randomUUID()
  for (const path of [
    '/me',
    '/conversations',
    '/events',
    `/conversations/${id}/members`,
    `/conversations/${id}/events`,
  ]) {
    t.match(await alice.call('GET', `${path}?colour=red`), { status: 400, text: /colour/ }, path)
    t.match(await alice.call('GET', `${path}?device=Not+A+Name`), { status: 400, text: /device/ }, path)
    t.match(await alice.call('GET', `${path}?device=a&device=b`), { status: 400, text: /device/ }, path)
  }
  const inBody = { conversation: id, messageId: id, payload: 'x' }
  t.match(await alice.call('POST', `/conversations/${id}/messages`, inBody), { status: 400, text: /conversation/ })
})

t.test('ids of a path that are no UUIDs', async (t) => {
  for (const id of ['1', 'x'.repeat(64), randomUUID().toUpperCase(), '..%2Fme', '%00']) {
    t.match(await alice.call('GET', `/conversations/${id}/members`), { status: 400, text: /conversation/ }, id)
    t.match(await alice.call('POST', `/invitations/${id}/decline`, {}), { status: 400, text: /invitation/ }, id)
  }
})

t.test('numbers of a query', async (t) => {
  const events = (query: string) => alice.call('GET', `/conversations/${randomUUID()}/events?${query}`)
  for (const after of ['', 'x', '-1', '1.5', '1e3', '0x10', '+1', '01x', '99999999999999999999', 'null'])
    t.match(await events(`after=${encodeURIComponent(after)}`), { status: 400, text: /after/ }, `after=${after}`)
  t.match(await events(''), { status: 400, text: /after/ }, 'after is required')
  for (const limit of ['0', '501', '-5', 'all', ''])
    t.match(await events(`after=0&limit=${limit}`), { status: 400, text: /limit/ }, `limit=${limit}`)
  t.equal((await events('after=0&limit=500')).status, 404)
  t.equal((await alice.call('GET', '/conversations?limit=500')).status, 200)
  for (const wait of ['56', '-1', 'long']) t.equal((await alice.call('GET', `/events?wait=${wait}`)).status, 400, wait)
})

t.test('paths and methods that are not there', async (t) => {
  t.match(await alice.call('GET', '/nowhere'), { status: 404, text: /"not_found"/ })
  t.match(await alice.call('POST', '/register', {}), { status: 404 }, 'the identity listener is another')
  const wrong = await alice.call('DELETE', '/conversations')
  t.match(wrong, { status: 405, headers: { allow: /GET.*POST/ }, text: /method_not_allowed/ })
})

t.test('too large, and too many devices', async (t) => {
  const path = `/conversations/${randomUUID()}/messages`
  const payload = 'x'.repeat(65_537)
  t.match(await alice.call('POST', path, { messageId: randomUUID(), payload }), { status: 400, text: /65536/ })
  t.equal((await alice.call('POST', path, { messageId: randomUUID(), payload: 'x'.repeat(65_536) })).status, 404)
  const huge = Buffer.from(JSON.stringify({ payload: 'x'.repeat(1_048_577) }))
  t.equal((await alice.call('POST', path, huge, json)).status, 413)
  for (let n = 0; n < 15; n += 1) t.equal((await bob.call('GET', `/events?device=d${n}`)).status, 200)
  const seventeenth = await bob.call('GET', '/events?device=one-more')
  t.match(seventeenth, { status: 429, text: /quota_exceeded/ })
})
