import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { conversationOf, type Party } from '../../support/handshake.js'
import { connect, type Fields, type HubClient } from '../../support/hub-client.js'
import { pick, type Random } from '../../support/seeded.js'
import { registerUsers, type User } from '../../support/user.js'
import { LANES, raceServer, repeat } from './race.js'

const server = await raceServer(t)
const { alice, ...readers } = await registerUsers(server, 'alice', 'bob', 'carol', 'dave', 'eve')
const a = { user: alice, client: await connect(t, server, alice) }

/** Messages that wait for the device when it connects: more than are read from the log at once. */
const BACKLOG = 90

/** A user with one device, and his one conversation. */
interface Arena {
  readonly user: User
  readonly conversation: string
  /** Up to here it has acknowledged everything, for certain. */
  acked: number
}

async function arenaOf(t: Test, user: User): Promise<Arena> {
  const b: Party = { user, client: await connect(t, server, user) }
  const conversation = await conversationOf(server, a, b)
  const joined = await b.client.event((event) => event.type === 'joined' && event.conversation === conversation)
  await b.client.call('ack', { conversation, seq: joined.seq })
  await b.client.close()
  return { user, conversation, acked: joined.seq }
}

const seqs = (conversation: string, events: readonly Fields[]) =>
  events.filter((event) => event.conversation === conversation).map(({ seq }) => seq)

/** What a connection of the device was given begins where it may, and has no hole. */
function check({ acked }: Arena, mayBeAcked: number, given: readonly number[]): void {
  const [first = acked + 1] = given
  ok(first > acked && first <= mayBeAcked + 1, `begins with ${first}, ${acked} to ${mayBeAcked} acknowledged`)
  deepEqual(
    given,
    given.map((_, index) => first + index),
    'without hole or double',
  )
}

/** Lets a connection get some of its replay, and perhaps acknowledge some of that; the seq it asked to, or 0. */
async function readSome(random: Random, client: HubClient, { conversation }: Arena, waiting: number): Promise<number> {
  const count = Math.floor(random() * waiting)
  await client.until(() => client.closed ?? (seqs(conversation, client.events).length >= count || null), 'some events')
  const given = seqs(conversation, client.events)
  const seq = given[Math.floor(random() * given.length)]
  if (seq === undefined || random() < 0.5) return 0
  client.notify('ack', { conversation, seq })
  return seq
}

t.test('a device connects again during its replay: the newest gets everything, in order', async (t) => {
  const arenas = await Promise.all(Object.values(readers).map((user) => arenaOf(t, user)))
  t.equal(arenas.length, LANES)
  await repeat(t, async (random, lane) => {
    const arena = arenas[lane]
    if (!arena) throw new Error(`nobody is in lane ${lane}`)
    const { user, conversation } = arena
    const send = () => a.client.call('send', { conversation, messageId: randomUUID(), payload: 'x'.repeat(100) })
    const backlog = await Promise.all(Array.from({ length: BACKLOG }, send))
    const older: (HubClient | readonly Fields[])[] = []
    const head = Number(backlog.at(-1)?.seq)
    let mayBeAcked = arena.acked
    for (let n = 0; n < 2; n += 1) {
      const face = pick(random, ['socket', 'socket', 'socket', 'poll'] as const)
      if (face === 'poll') {
        const answer = await user.call('GET', '/events?limit=50')
        older.push(answer.json().events as readonly Fields[])
      } else {
        const client = await connect(t, server, user, { acknowledge: false })
        older.push(client)
        mayBeAcked = Math.max(mayBeAcked, await readSome(random, client, arena, head - mayBeAcked))
      }
    }
    const sending = Promise.all([send(), send(), send()])
    const newest = await connect(t, server, user, { acknowledge: false })
    const last = Math.max(...(await sending).map(({ seq }) => seq))
    await newest.event((event) => event.conversation === conversation && event.seq === last)
    await newest.notification('synced')
    const given = seqs(conversation, newest.events)
    equal(given.at(-1), last, 'the newest has all')
    equal(last, head + 3)
    check(arena, mayBeAcked, given)
    for (const one of older) {
      if ('frames' in one) deepEqual((await one.whenClosed()).code, 4505)
      check(arena, mayBeAcked, seqs(conversation, 'frames' in one ? one.events : one))
    }
    deepEqual(
      await newest.call('ack', { conversation, seq: last }),
      {},
      'the late close of the others disturbs nothing',
    )
    arena.acked = last
    await newest.close()
  })
})
