import t from 'tap'
import { HermesError } from '../../src/errors.js'
import { ConversationQueue } from '../../src/hub/conversation-queue.js'
import * as world from './conversation/world.js'
import { MemoryLog } from './memory-log.js'
import { begun, elsewhere, opened, sending, settled, taskOf } from './queue-fixture.js'

const UNAVAILABLE = { reason: 'unavailable', error: new HermesError('unavailable', 'no room') } as const
const { invitationId: messageId, send, leave, CONVERSATION } = world

t.test('nothing is answered or published before it is durable', async (t) => {
  const { log, trace, queue } = await opened()
  for (const number of [1, 2, 3]) queue.submit(sending(number, log, trace))
  t.same(trace, [])
  t.equal(log.held.length, 3, 'it does not wait for a commit to decide on')
  t.equal(queue.committed?.lastSeq, 1)
  t.equal(queue.state?.lastSeq, 4)
  log.commit(1)
  t.same(trace, ['event 2', 'answer 1'])
  t.equal(queue.committed?.lastSeq, 2)
  log.commit()
  t.same(trace, ['event 2', 'answer 1', 'event 3', 'answer 2', 'event 4', 'answer 3'])
  t.ok(queue.isIdle)
})

t.test('what is not there cannot be opened, and a store that fails can be tried again', async (t) => {
  const log = new MemoryLog()
  const queue = new ConversationQueue(CONVERSATION, log, () => {})
  t.equal(await queue.open(), false)
  log.gates.load = async () => {
    throw new HermesError('unavailable')
  }
  await t.rejects(queue.open(), { code: 'unavailable' })
  log.gates.load = async () => {}
  begun(log)
  t.same(await Promise.all([queue.open(), queue.open()]), [true, true])
})

t.test('several events of one command go together', async (t) => {
  const { log, trace, queue } = await opened()
  queue.submit(taskOf('invite', world.invite('alice', 'bob'), trace))
  queue.submit(taskOf('leave', leave('alice'), trace))
  t.same(
    log.held.map(({ entry }) => entry.events.map(({ type }) => type)),
    [['invited'], ['left', 'cancelled']],
  )
  t.match(log.held[1]?.entry, { expectedSeq: 2, closed: true, stays: [{ toSeq: 3 }], invitations: [{ endedSeq: 4 }] })
  log.commit()
  t.same(trace, ['event 2', 'answer invite', 'event 3', 'event 4', 'answer leave'])
})

t.test('refusals and repeats wait for what they rest on', async (t) => {
  const { log, trace, queue } = await opened()
  const repeat = taskOf('again', leave('alice'), trace)
  const refused = taskOf('send', send('alice'), trace)
  queue.submit(taskOf('leave', leave('alice'), trace))
  queue.submit(repeat)
  queue.submit(refused)
  t.same(trace, [], 'that he has left is not so before it is durable')
  log.commit()
  t.same(trace, ['event 2', 'answer leave', 'answer again', 'answer send'])
  t.same(repeat.outcomes, [{ answer: { seq: 2 } }])
  t.match(refused.outcomes, [{ refusal: { code: 'conversation_not_found' } }])
  queue.submit(taskOf('later', send('alice'), trace))
  t.equal(trace.at(-1), 'answer later', 'what rests on nothing is answered at once')
})

t.test('when another node was first all is decided again in the same order', async (t) => {
  const { log, trace, queue } = await opened()
  await elsewhere(log, send('alice', { messageId: messageId(9) }))
  for (const number of [1, 2]) queue.submit(sending(number, log, trace))
  log.commit()
  queue.submit(sending(3, log, trace))
  t.same(trace, [])
  t.notOk(queue.isIdle)
  await settled()
  log.commit()
  t.same(trace, ['event 3', 'answer 1', 'event 4', 'answer 2', 'event 5', 'answer 3'])
})

t.test('what comes while the state is loaded again waits behind', async (t) => {
  const { log, trace, queue } = await opened()
  await elsewhere(log, send('alice', { messageId: messageId(9) }))
  let release = () => {}
  log.gates.load = () => new Promise<void>((resolve) => (release = resolve))
  queue.submit(sending(1, log, trace))
  log.commit()
  queue.submit(sending(2, log, trace))
  await settled()
  queue.submit(sending(3, log, trace))
  t.equal(log.held.length, 0)
  log.gates.load = async () => {}
  release()
  await settled()
  log.commit()
  t.same(trace, ['event 3', 'answer 1', 'event 4', 'answer 2', 'event 5', 'answer 3'])
})

t.test('a messageId that the log has is looked up', async (t) => {
  const { log, trace, queue } = await opened()
  queue.submit(sending(1, log, trace))
  log.commit()
  const tasks = [sending(1, log, trace), sending(1, log, trace, 'other'), sending(2, log, trace)]
  for (const task of tasks) queue.submit(task)
  log.commit()
  await settled()
  log.commit()
  const at = '2027-01-02T03:04:05.678Z'
  t.same(tasks[0]?.outcomes, [{ answer: { seq: 2, at, duplicate: true } }])
  t.match(tasks[1]?.outcomes, [{ refusal: { code: 'message_conflict' } }])
  t.same(tasks[2]?.outcomes, [{ answer: { seq: 3, at, duplicate: false } }])
  t.equal(log.eventsOf(1).length, 3)
})

t.test('a messageId that is on its way is known too, unless it fails', async (t) => {
  const { log, trace, queue } = await opened()
  const tasks = [sending(1, log, trace), sending(1, log, trace), sending(1, log, trace, 'other')]
  for (const task of tasks) queue.submit(task)
  t.equal(log.held.length, 1)
  t.same(trace, [])
  log.commit(1, UNAVAILABLE)
  await settled()
  log.commit()
  t.same(tasks[0]?.outcomes, [{ failure: UNAVAILABLE.error }])
  t.match(tasks[1]?.outcomes, [{ answer: { seq: 2, duplicate: false } }], 'now it is the first')
  t.match(tasks[2]?.outcomes, [{ refusal: { code: 'message_conflict' } }])
  t.equal(queue.findPending(world.actor('alice').userId, messageId(1)), null, 'nothing is remembered')
})

t.test('the request that an append answers is stored with its first event', async (t) => {
  const { log, trace, queue } = await opened()
  const request = { userId: 1, requestId: messageId(7), hash: 'h' }
  queue.submit(taskOf('invite', world.invite('alice', 'bob'), trace, { request }))
  t.same(log.held[0]?.entry.request, { ...request, seq: 2 })
})
