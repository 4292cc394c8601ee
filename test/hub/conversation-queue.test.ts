import t from 'tap'
import { HermesError } from '../../src/errors.js'
import type { KnownMessage } from '../../src/hub/conversation/commands.js'
import { decide } from '../../src/hub/conversation/decide.js'
import { ConversationQueue } from '../../src/hub/conversation-queue.js'
import * as world from './conversation/world.js'
import { MemoryLog } from './memory-log.js'
import { begun, elsewhere, openQueue, settled, type Trace, taskOf } from './queue-fixture.js'

const UNAVAILABLE = { reason: 'unavailable', error: new HermesError('unavailable', 'no room') } as const
const { invitationId: messageId, send, leave, CONVERSATION } = world

async function opened() {
  const log = new MemoryLog()
  const id = begun(log)
  const trace: Trace = []
  return { log, id, trace, queue: await openQueue(log, trace) }
}

/** A `send` as the operation makes it: it looks its messageId up when it is decided again. */
function sending(number: number, log: MemoryLog, trace: Trace, payload = 'hello') {
  const by = world.actor('alice')
  const command = send('alice', { messageId: messageId(number), payload })
  let stored: KnownMessage | null = null
  return taskOf(`${number}`, command, trace, {
    decide: (state, context) =>
      decide(state, { ...command, known: stored ?? context.findPending(by.userId, command.messageId) }),
    recall: async ({ id }) => {
      const found = await log.findMessage(id, by.userId, command.messageId)
      const { at, payload: text } = JSON.parse(found?.body ?? '{}')
      stored = found && { seq: found.seq, at: Date.parse(at), payload: text, contentType: null }
    },
  })
}

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

t.test('refusals that rested on what failed are decided again', async (t) => {
  const { log, trace, queue } = await opened()
  const leaving = taskOf('leave', leave('alice'), trace)
  const later = sending(1, log, trace)
  queue.submit(leaving)
  queue.submit(later)
  log.commit(1, UNAVAILABLE)
  t.same(leaving.outcomes, [{ failure: UNAVAILABLE.error }])
  t.ok(queue.state?.members.has('alice'), 'what was not stored is no state to look at')
  await settled()
  log.commit()
  t.same(trace, ['answer leave', 'event 2', 'answer 1'])
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

t.test('what a task cannot look up is its own failure', async (t) => {
  const { log, trace, queue } = await opened()
  await elsewhere(log, send('alice', { messageId: messageId(9) }))
  const conflict = new HermesError('request_conflict')
  const recalls = async () => {
    throw conflict
  }
  const failing = taskOf('failing', world.invite('alice', 'bob'), trace, { recall: recalls })
  const others = [sending(1, log, trace), sending(2, log, trace)]
  for (const task of [others[0], failing, others[1]]) if (task) queue.submit(task)
  log.commit()
  await settled()
  log.commit()
  t.same(failing.outcomes, [{ failure: conflict }])
  for (const { outcomes } of others) t.match(outcomes, [{ answer: { duplicate: false } }])
})

t.test('a store that cannot be read answers everyone, and those who come later try again', async (t) => {
  const { log, trace, queue } = await opened()
  await elsewhere(log, send('alice', { messageId: messageId(9) }))
  log.gates.load = async () => {
    throw new Error('no such file')
  }
  const tasks = [sending(1, log, trace), sending(2, log, trace)]
  for (const task of tasks) queue.submit(task)
  log.commit()
  const late = sending(3, log, trace)
  queue.submit(late)
  await settled()
  for (const { outcomes } of [...tasks, late]) {
    t.equal(outcomes.length, 1)
    t.match(outcomes, [{ failure: { code: 'unavailable', cause: { message: 'no such file' } } }])
  }
  log.gates.load = async () => {}
  const healed = sending(4, log, trace)
  queue.submit(healed)
  await settled()
  log.commit()
  t.match(healed.outcomes, [{ answer: { seq: 3 } }])
})

t.test('who submits again from his answer is not forgotten', async (t) => {
  const { log, trace, queue } = await opened()
  await elsewhere(log, send('alice', { messageId: messageId(9) }))
  const second = sending(2, log, trace)
  const first = sending(1, log, trace)
  queue.submit({ ...first, done: () => queue.submit(second) })
  let loads = 0
  log.gates.load = async () => {
    if (++loads === 1) throw new Error('once')
  }
  log.commit()
  await settled()
  log.commit()
  t.match(second.outcomes, [{ answer: { seq: 3 } }])
})

t.test('attempts are bounded', async (t) => {
  const { log, trace, queue } = await opened()
  const task = sending(1, log, trace)
  queue.submit(task)
  let rounds = 0
  for (; task.outcomes.length === 0 && rounds < 20; rounds += 1) {
    log.commit(1, { reason: 'conflict' })
    await settled()
  }
  t.equal(rounds, 5)
  t.match(task.outcomes, [{ failure: { code: 'unavailable' } }])
  t.ok(queue.isIdle)
})

t.test('a log that never recovers answers everyone, once', async (t) => {
  const { log, trace, queue } = await opened()
  const tasks = Array.from({ length: 20 }, (_, number) => sending(number, log, trace))
  for (const task of tasks) queue.submit(task)
  for (let round = 0; round < 30; round += 1) {
    log.commit(log.held.length, UNAVAILABLE)
    await settled()
  }
  for (const { outcomes } of tasks) {
    t.equal(outcomes.length, 1)
    t.match(outcomes, [{ failure: { code: 'unavailable' } }])
  }
  t.equal(log.eventsOf(1).length, 1)
})

t.test('a decision that throws is an answer, and stops nobody', async (t) => {
  const { log, trace, queue } = await opened()
  const throws = () => {
    throw new Error('a bug')
  }
  const bug = taskOf('bug', send('alice'), trace, { decide: throws })
  const next = sending(1, log, trace)
  queue.submit(bug)
  queue.submit(next)
  log.commit()
  t.match(bug.outcomes, [{ failure: { code: 'internal', cause: { message: 'a bug' } } }])
  t.match(next.outcomes, [{ answer: { seq: 2 } }])
})

t.test('an answer that throws keeps nobody from his, and the process hears of it', async (t) => {
  const { log, trace, queue } = await opened()
  const heard: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', (error) => heard.push(error))
  t.teardown(() => {
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  const thrown = new Error('a bug')
  queue.submit({
    ...sending(1, log, trace),
    done: () => {
      throw thrown
    },
  })
  queue.submit(taskOf('refused', send('bob'), trace))
  log.commit()
  t.same(trace, ['event 2', 'answer refused'])
  await settled()
  t.same(heard, [thrown])
})

t.test('the request that an append answers is stored with its first event', async (t) => {
  const { log, trace, queue } = await opened()
  const request = { userId: 1, requestId: messageId(7), hash: 'h' }
  queue.submit(taskOf('invite', world.invite('alice', 'bob'), trace, { request }))
  t.same(log.held[0]?.entry.request, { ...request, seq: 2 })
})
