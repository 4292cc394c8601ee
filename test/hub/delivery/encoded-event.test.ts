import t from 'tap'
import { EncodedEvent } from '../../../src/hub/delivery/encoded-event.js'

t.test('an event is encoded once for all who may see the same', async (t) => {
  const event = new EncodedEvent(3, '{"type":"message"}')
  t.equal(event.viewFor('bob', 'message'), event)
  t.equal(event.frame, event.frame)
  t.same(JSON.parse(event.frame.toString()), { jsonrpc: '2.0', method: 'event', params: { type: 'message' } })
  t.equal(event.bytes, event.frame.length)
})

t.test('one with an attachment has two views, each made once', async (t) => {
  const event = new EncodedEvent(3, '{"seq":3,"invitation":"i","attachment":"YQ","for":"bob"}')
  const [bob, carol, dave] = ['bob', 'carol', 'dave'].map((name) => event.viewFor(name, 'invited'))
  t.same(JSON.parse(bob?.body ?? ''), { seq: 3, invitation: 'i', attachment: 'YQ' })
  t.same(JSON.parse(carol?.body ?? ''), { seq: 3, invitation: 'i' })
  t.equal(carol, dave)
  t.equal(event.viewFor('bob', 'invited'), bob)
  t.same(JSON.parse(event.viewForInvitee('bob', 'invited').body), { invitation: 'i', attachment: 'YQ' })
  const plain = new EncodedEvent(3, '{"seq":3}')
  t.equal(plain.viewFor('bob', 'invited'), plain)
})
