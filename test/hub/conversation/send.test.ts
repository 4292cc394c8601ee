import t from 'tap'
import { decide } from '../../../src/hub/conversation/decide.js'
import { actor, after, codeOf, joined, leave, NOW, send, started } from './world.js'

t.test('a message gets the next seq', async (t) => {
  t.same(decide(started(), send('alice', { contentType: 'text/plain' })), {
    events: [
      {
        type: 'message',
        at: NOW,
        from: actor('alice'),
        messageId: '01900000-0000-7000-8000-000000000001',
        payload: 'hello',
        contentType: 'text/plain',
        raisesEpoch: false,
      },
    ],
    answer: { seq: 2, at: '2027-01-02T03:04:05.678Z', duplicate: false },
  })
})

t.test('sent again it is answered as before, and nothing is relayed', async (t) => {
  const known = { seq: 2, at: NOW - 1, payload: 'hello', contentType: null }
  const first = { events: [], answer: { seq: 2, at: '2027-01-02T03:04:05.677Z', duplicate: true } }
  t.same(decide(started(), send('alice', { known })), first)
  t.same(decide(started(), send('alice', { known, epoch: 7 })), first, 'its epoch was right when it came first')
  t.equal(codeOf(decide(started(), send('alice', { known, payload: 'other' }))), 'message_conflict')
  t.equal(codeOf(decide(started(), send('alice', { known, contentType: 'x/y' }))), 'message_conflict')
  const left = after(joined(started(), 'alice', 'bob'), leave('alice'))
  t.equal(codeOf(decide(left, send('alice', { known }))), 'conversation_not_found', 'not to someone who has left')
})

t.test('an epoch that is named must be the one there is', async (t) => {
  const state = after(started(), send('alice', { epoch: 0 }))
  t.equal(state.epoch, 1)
  const { refusal } = decide(state, send('alice', { epoch: 0 }))
  t.match(refusal, { code: 'epoch_conflict', data: { epoch: 1 } })
  t.equal(codeOf(decide(state, send('alice', { epoch: 2 }))), 'epoch_conflict')
  t.equal(after(state, send('alice')).epoch, 1, 'one that names none leaves it')
  t.equal(after(state, send('alice', { epoch: 1 })).epoch, 2)
  t.equal(codeOf(decide(state, send('bob', { epoch: 0 }))), 'conversation_not_found')
})
