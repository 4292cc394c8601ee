import { randomUUID } from 'node:crypto'
import t from 'tap'
import { ASYNCAPI, checkMessage, checkReceived, checkTaken, seenMessages } from '../support/frame-conformance.js'
import { conversationOf, join } from '../support/handshake.js'
import { connect, refusal } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { challenge, registerUsers } from '../support/user.js'

/** Pushed only where time has passed: the scenarios of retention and of the clock see them. */
const LATER = ['certificateExpiringNotification', 'gapNotification']

t.test('every frame of a conversation fits asyncapi.yaml, whichever way it goes', async (t) => {
  const server = await startServer(t)
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const a = await connect(t, server, alice)
  const b = await connect(t, server, bob)
  const c = await connect(t, server, carol)
  const conversation = await conversationOf(server, { user: alice, client: a }, { user: bob, client: b })
  const invite = async () => {
    const { username, fingerprint } = carol
    return a.call('invite', { conversation, username, fingerprint, challenge: challenge(), attachment: 'a2V5' })
  }
  await c.call('decline', { invitation: (await invite()).invitation, reason: 'not now' })
  await a.call('cancel', { invitation: (await invite()).invitation })
  await join(server, conversation, { user: alice, client: a }, { user: carol, client: c })
  const message = { conversation, messageId: randomUUID(), payload: 'Hello', contentType: 'text/plain' }
  const { seq } = await a.call('send', message)
  await b.event((event) => event.seq === seq)
  await b.call('ack', { conversation, seq })
  await b.call('signal', { conversation, payload: 'is typing' })
  await a.notification('signal')
  await a.call('conversations', { limit: 10 })
  await a.call('members', { conversation })
  await a.call('history', { conversation, after: 0 })
  await a.call('whoami')
  await c.call('leave', { conversation, reason: 'bye' })
  t.match(await refusal(c.call('send', { ...message, messageId: randomUUID() })), { code: 404 })
  t.match(await refusal(a.call('send', { conversation })), { code: -32602 })
  t.match(await a.answerTo('no JSON'), { id: null, error: { code: -32700 } })
  await server.close()
  await a.notification('draining')
  t.same(
    Object.keys(ASYNCAPI.components.messages).filter((name) => !seenMessages.has(name) && !LATER.includes(name)),
    [],
    'every message was seen',
  )
})

t.test('the check itself: a frame that does not fit is refused', async (t) => {
  const request = { jsonrpc: '2.0', id: 1, method: 'leave', params: { conversation: randomUUID() } }
  t.doesNotThrow(() => checkTaken(request))
  t.throws(() => checkTaken({ ...request, method: 'go' }), /no message/)
  t.throws(() => checkTaken({ ...request, params: { ...request.params, colour: 'red' } }), /additional/)
  const result = { jsonrpc: '2.0', id: 1, result: { seq: 1 } }
  t.doesNotThrow(() => checkReceived(result, 'leave'))
  t.throws(() => checkReceived(result, 'whoami'), /required/)
  t.throws(() => checkReceived({ ...result, result: { seq: '1' } }, 'leave'), /integer/)
  t.throws(() => checkReceived({ ...request, method: 'gone' }), /no message/)
  t.throws(() => checkReceived({ ...request, error: { code: 404, message: 'x', data: {} } }), /code/)
  t.throws(() => checkMessage('none', {}), /has no message/)
})
