import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ConversationQueue } from '../../src/hub/conversation-queue.js'
import { Rivalry } from '../../src/hub/rivalry.js'
import { CONVERSATION, invitationId, send } from './conversation/world.js'
import { elsewhere, opened, sending } from './queue-fixture.js'

/** A node whose commit took a while, and who leaves the others theirs; timers that are due first run first. */
async function pausing(t: Test, order: string[]): Promise<Rivalry> {
  const rivalry = new Rivalry(true)
  rivalry.heard(false)
  rivalry.began()
  await setTimeout(100)
  t.ok(rivalry.isContended)
  rivalry.pause(() => order.push('goes on'))
  t.ok(rivalry.isPausing)
  return rivalry
}

t.test('who hears others while it waits for them goes on at once', async (t) => {
  const order: string[] = []
  const rivalry = await pausing(t, order)
  rivalry.heard(true)
  t.ok(rivalry.isPausing, 'more of theirs follows')
  rivalry.heard(false)
  t.same(order, ['goes on'])
  t.notOk(rivalry.isPausing)
})

t.test('who hears nobody goes on all the same, and waits less the next time', async (t) => {
  const order: string[] = []
  const rivalry = await pausing(t, order)
  await Promise.all([20, 800].map((ms) => setTimeout(ms).then(() => order.push(`${ms} ms`))))
  t.same(order, ['20 ms', 'goes on', '800 ms'])
  t.notOk(rivalry.isPausing)
})

t.test('what others stored while commands wait for their turn is no conflict for them', async (t) => {
  const { log, trace, queue } = await opened(true)
  queue.hearOf(1, true, false)
  queue.submit(sending(1, log, trace))
  log.commit()
  queue.submit(sending(2, log, trace))
  t.same([trace, log.held], [['event 2', 'answer 1'], []], 'it is the turn of the others')
  await elsewhere(log, send('alice', { messageId: invitationId(9) }))
  log.gates.load = async () => void t.fail('it need not be loaded again')
  queue.hearOf(3, true, false)
  log.commit()
  t.same(trace.slice(2), ['event 4', 'answer 2'])
})

t.test('the last event of a commit is published as that', async (t) => {
  const { log, trace } = await opened(true)
  const more: boolean[] = []
  const queue = new ConversationQueue(
    CONVERSATION,
    log,
    (_, { isMore }) => void more.push(isMore),
    () => {},
  )
  await queue.open()
  for (const number of [1, 2, 3]) queue.submit(sending(number, log, trace))
  log.commit()
  t.same(more, [true, true, false])
})

t.test('who came second says so once, and whoever hears it leaves him a turn', async (t) => {
  const second = await opened(true)
  await elsewhere(second.log, send('alice', { messageId: invitationId(9) }))
  for (const number of [1, 2]) second.queue.submit(sending(number, second.log, second.trace))
  second.log.commit()
  t.same(second.claims, [{ conversationId: second.id, uuid: CONVERSATION }])

  const { log, trace, queue } = await opened(true)
  queue.submit(sending(1, log, trace))
  queue.yield()
  queue.submit(sending(2, log, trace))
  t.equal(log.held.length, 1, 'what came meanwhile waits for the commit under way')
  log.commit()
  t.equal(log.held.length, 0, 'and then it is the turn of the other')
  while (log.held.length === 0) await setTimeout(1)
})
