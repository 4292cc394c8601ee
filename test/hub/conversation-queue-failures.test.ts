import t from 'tap'
import { HermesError } from '../../src/errors.js'
import * as world from './conversation/world.js'
import { elsewhere, opened, sending, settled, taskOf } from './queue-fixture.js'

const UNAVAILABLE = { reason: 'unavailable', error: new HermesError('unavailable', 'no room') } as const
const { invitationId: messageId, send, leave } = world

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
