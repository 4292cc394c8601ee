import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from './handshake.js'
import { type HubFixture, type HubUser, openHub } from './hub-fixture.js'

const COUNT = 40

/** Has every look-up of `name` say in which turn of the event loop it came; answers the most that shared one. */
async function mostInOneTurn(object: object, name: string, work: () => Promise<unknown>): Promise<number> {
  const target = object as Record<string, (...args: unknown[]) => unknown>
  const original = target[name] as (...args: unknown[]) => unknown
  const [perTurn, state] = [new Map<number, number>(), { turn: 0, isDone: false }]
  const count = () => {
    state.turn += 1
    if (!state.isDone) setImmediate(count)
  }
  count()
  target[name] = (...args) => {
    perTurn.set(state.turn, (perTurn.get(state.turn) ?? 0) + 1)
    return original(...args)
  }
  await work()
  state.isDone = true
  target[name] = original
  return Math.max(...perTurn.values())
}

async function crowd(hub: HubFixture): Promise<readonly HubUser[]> {
  const users: HubUser[] = []
  for (let n = 0; n < COUNT; n += 1) users.push(await hub.user(`user-${n}`))
  return users
}

t.test('whoever lists many lets others in between, on as many connections as he may have', async (t) => {
  const hub = await openHub(t)
  const { alice } = await hub.users('alice')
  const users = await crowd(hub)
  const participants = users.map(({ username, fingerprint }) => ({ username, fingerprint }))
  const start = (device: string) => hub.call(alice, 'start', { participants }, { device })
  const { identities } = hub.hub.services
  const most = await mostInOneTurn(identities, 'findIdentity', () =>
    Promise.all(Array.from({ length: 16 }, (_, n) => start(`d${n}`))),
  )
  t.ok(most <= 16, `${most} of ${16 * COUNT}`)
})

t.test('pages of history are read one in a turn', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  await hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: 'x' })
  const history = () => hub.call(bob, 'history', { conversation, after: 1 })
  const most = await mostInOneTurn(hub.hub.services.log, 'read', () => Promise.all(Array.from({ length: 16 }, history)))
  t.equal(most, 1)
})

t.test('pages of polls are read one in a turn', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  await hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: 'x' })
  const poll = (_: unknown, n: number) => hub.call(bob, 'events', {}, { device: `d${n}` })
  const most = await mostInOneTurn(hub.hub.services.log, 'read', () => Promise.all(Array.from({ length: 8 }, poll)))
  t.equal(most, 1)
})

t.test('members come in pieces', async (t) => {
  const hub = await openHub(t)
  const { alice } = await hub.users('alice')
  const [first, ...others] = (await crowd(hub)).slice(0, 20)
  if (!first) throw new Error('there is nobody')
  const conversation = await conversationOf(hub, alice, first, ...others)
  const members = () => hub.call(alice, 'members', { conversation })
  const most = await mostInOneTurn(hub.hub.services.identities, 'findByFingerprint', () =>
    Promise.all(Array.from({ length: 8 }, members)),
  )
  t.ok(most <= 16, `${most}`)
  t.equal((await members()).members.length, 21)
})
