import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

t.test('two users start a conversation, prove themselves and exchange messages', async (t) => {
  const server = await startServer(t)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const conversation = await conversationOf(server, a, b)
  const messageId = randomUUID()
  const sent = await a.client.call('send', { conversation, messageId, payload: 'hello bob' })
  t.match(sent, { seq: 5, duplicate: false })
  const received = await b.client.event((e) => e.type === 'message')
  t.match(received, {
    conversation,
    seq: 5,
    from: { username: 'alice', fingerprint: alice.fingerprint },
    messageId,
    payload: 'hello bob',
  })
  const again = await a.client.call('send', { conversation, messageId, payload: 'hello bob' })
  t.match(again, { seq: 5, at: sent.at, duplicate: true })
  t.same(
    a.client.events.map(({ type }) => type),
    ['started', 'invited', 'accepted', 'joined'],
  )
  t.same(
    b.client.events.map(({ type }) => type),
    ['invited', 'joined', 'message'],
  )
  const { seq } = await b.client.call('leave', { conversation, reason: 'bye' })
  t.equal(seq, 6)
  t.match(await a.client.event((e) => e.type === 'left'), {
    seq: 6,
    from: { username: 'bob' },
    reason: 'left',
    text: 'bye',
  })
})
