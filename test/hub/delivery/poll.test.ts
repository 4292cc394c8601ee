import t, { type Test } from 'tap'
import { HermesError } from '../../../src/errors.js'
import { Poll } from '../../../src/hub/delivery/poll.js'
import { Session } from '../../../src/hub/delivery/session.js'
import type { ConversationId } from '../../../src/wire/formats.js'
import { actor } from '../conversation/world.js'
import { settled, World } from './world.js'

interface Asked {
  readonly answers: unknown[]
  readonly poll: Poll
  readonly session: Session
}

/** A poll of alice's device, as the operation makes it. */
async function ask(t: Test, world: World, { wait = 0, limit = 100 } = {}): Promise<Asked> {
  const answers: unknown[] = []
  const { session: template } = world.create('alice')
  const poll = new Poll(wait, (answer) => {
    world.delivery.detach(session)
    answers.push(answer instanceof HermesError ? answer : JSON.parse(String(answer)))
  })
  const session = new Session({ ...template.options, windowEvents: limit }, poll, world.log)
  t.teardown(() => poll.abandon())
  await world.delivery.attach(session)
  session.pump()
  await settled()
  return { answers, poll, session }
}

const FOREVER = 1_000_000

t.test('what there is is answered at once', async (t) => {
  const w = await World.begun()
  w.say('alice', 2)
  w.log.remove(1, 2)
  const { answers } = await ask(t, w, { wait: FOREVER })
  t.match(answers, [{ events: [{ seq: 1 }, { seq: 3 }], gaps: [{ from: 2, to: 2 }], more: false }])
  t.equal(w.delivery.size, 0, 'and its connection ends')
  t.match((await ask(t, w)).answers, [{ events: [{ seq: 1 }, { seq: 3 }] }], 'again until it is acknowledged')
  t.equal(w.delivery.givenTo(10).seqs.get(1), 3)
})

t.test('a limit leaves more', async (t) => {
  const w = await World.begun()
  w.say('alice', 2)
  t.match((await ask(t, w, { limit: 2, wait: FOREVER })).answers, [{ events: [{ seq: 1 }, { seq: 2 }], more: true }])
  const { answers } = await ask(t, w, { limit: 3, wait: FOREVER })
  t.match(answers, [{ events: [{}, {}, { seq: 3 }], more: false }])
})

t.test('without anything it waits, and answers a whole commit together', async (t) => {
  const w = await World.begun()
  w.log.acknowledge(10, 1, 1)
  const { answers } = await ask(t, w, { wait: FOREVER })
  t.same(answers, [])
  w.say('alice', 3)
  await settled()
  t.match(answers, [{ events: [{ seq: 2 }, { seq: 3 }, { seq: 4 }], gaps: [], more: false }])
  t.equal(answers.length, 1)
  w.say('alice')
  await settled()
  t.equal(answers.length, 1)
})

t.test('it waits no longer than it was asked to', async (t) => {
  const w = await World.begun()
  w.log.acknowledge(10, 1, 1)
  t.same((await ask(t, w)).answers, [{ events: [], gaps: [], more: false }])
  const { answers } = await ask(t, w, { wait: 1 })
  while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  t.same(answers, [{ events: [], gaps: [], more: false }])
})

t.test('replaced, it is answered without events', async (t) => {
  const w = await World.begun()
  w.log.acknowledge(10, 1, 1)
  const { answers } = await ask(t, w, { wait: FOREVER })
  const a = await w.connect('alice')
  t.same(answers, [{ events: [], gaps: [], more: false }])
  w.say('alice')
  t.same(a.sink.seqs, [2])
  t.equal(w.delivery.sessionOf(10), a.session)
})

t.test('abandoned, it is answered never', async (t) => {
  const w = await World.begun()
  w.log.acknowledge(10, 1, 1)
  const { answers, poll, session } = await ask(t, w, { wait: FOREVER })
  poll.abandon()
  w.delivery.detach(session)
  w.say('alice')
  await settled()
  t.same(answers, [])
})

t.test('more invitations than come at a time leave more', async (t) => {
  const w = new World()
  for (let n = 0; n < 17; n += 1) {
    const uuid = `60038410-eb81-4348-9143-${String(n).padStart(12, '0')}` as ConversationId
    await w.begin(uuid)
    w.join('alice', 'bob', uuid)
    w.run([{ type: 'leave', at: 0, by: actor('alice'), text: null }], null, uuid)
    w.log.acknowledge(10, n + 1, 99)
    w.invite('bob', 'alice', uuid)
  }
  const { answers } = await ask(t, w, { wait: FOREVER })
  t.match(answers, [{ more: true }])
  t.equal((answers[0] as { events: unknown[] }).events.length, 16)
})

t.test('a store that fails is an answer', async (t) => {
  const w = await World.begun()
  w.log.gates.read = async () => {
    throw new Error('no such file')
  }
  const { answers } = await ask(t, w)
  t.equal(answers.length, 1)
  t.ok(answers[0] instanceof HermesError)
  t.match(answers, [{ code: 'unavailable' }])
  t.equal(w.delivery.size, 0)
})
