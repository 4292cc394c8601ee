import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Conversations } from '../../src/hub/conversations.js'
import type { ConversationId } from '../../src/wire/formats.js'
import { send } from './conversation/world.js'
import { MemoryLog } from './memory-log.js'
import { begun, settled, taskOf } from './queue-fixture.js'

function made(count: number, loadedMax?: number) {
  const log = new MemoryLog()
  const uuids = Array.from({ length: count }, () => randomUUID() as ConversationId)
  for (const uuid of uuids) begun(log, 'alice', uuid)
  return { log, uuids, conversations: new Conversations(log, () => {}, null, loadedMax) }
}

t.test('each conversation has one queue, however many ask at once', async (t) => {
  const { conversations, uuids, log } = made(1)
  const [uuid] = uuids
  if (!uuid) throw new Error('no conversation')
  t.equal(conversations.peek(uuid), null)
  let loads = 0
  log.gates.load = async () => {
    loads += 1
  }
  const queues = await Promise.all([conversations.open(uuid), conversations.open(uuid), conversations.open(uuid)])
  t.equal(new Set(queues).size, 1)
  t.equal(loads, 1)
  t.equal(conversations.peek(uuid), queues[0])
})

t.test('what is not there is not remembered', async (t) => {
  const { conversations, log } = made(0)
  const uuid = randomUUID() as ConversationId
  t.same(await Promise.all([conversations.open(uuid), conversations.open(uuid)]), [null, null])
  t.equal(conversations.peek(uuid), null)
  begun(log, 'alice', uuid)
  t.ok(await conversations.open(uuid))
})

t.test('those used longest ago are forgotten, but none that has work', async (t) => {
  const { conversations, uuids, log } = made(4, 2)
  const [a, b, c, d] = uuids as [ConversationId, ConversationId, ConversationId, ConversationId]
  const busy = await conversations.open(a)
  busy?.submit(taskOf('1', send('alice'), []))
  await conversations.open(b)
  await conversations.open(c)
  t.ok(conversations.peek(a), 'its commit is under way')
  t.equal(conversations.peek(b), null)
  log.commit()
  t.ok(conversations.peek(a))
  await conversations.open(d)
  t.equal(conversations.peek(c), null, 'looking is using')
  t.ok(conversations.peek(a))
  await settled()
})
