import t from 'tap'
import { startServer } from '../../support/server.js'
import { clientOf, payloadsUpTo, talkOf, typesOf } from './clients.js'

const server = await startServer(t)

t.test('two people talk: invited, accepted, confirmed, and every message once and in order', async (t) => {
  const [alice, bob] = [await clientOf(t, server, 'alice'), await clientOf(t, server, 'bob')]
  await Promise.all([alice.client.connect(), bob.client.connect()])
  const [ours, theirs] = await talkOf(alice, bob)
  t.equal(ours.id, theirs.id)
  const members = [alice, bob].map(({ user: { username, fingerprint } }) => ({ username, fingerprint }))
  t.same(ours.members, members)
  t.same(theirs.members, members)
  const { seq, at } = await ours.send('one')
  t.match(at, /Z$/)
  await theirs.send('two', { contentType: 'text/plain' })
  await ours.send('three')
  t.same(await payloadsUpTo(ours, 'three'), ['one', 'two', 'three'])
  t.same(await payloadsUpTo(theirs, 'three'), ['one', 'two', 'three'])
  const history = await ours.history()
  t.same(typesOf(history), ['started', 'invited', 'accepted', 'joined', 'message', 'message', 'message'])
  t.match(history[4], { seq, at, payload: 'one', from: { username: 'alice', device: alice.client.device } })
  t.same(await ours.history({ before: 5, limit: 2 }), history.slice(2, 4))
})
