import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Append } from '../../src/store/event-log.js'
import type { Quotas } from '../../src/store/quotas.js'
import type { StoredParty } from '../../src/store/records.js'
import type { Store } from '../../src/store/store.js'
import type { OpenStore } from './contract.js'
import { append, EVERYTHING, entry, event, invitation, registered, started, stay, T0 } from './fixtures.js'

const HOUR = 3600 * 1000

/** One store has them all, for each takes a while to open; every test has users of its own. */
const QUOTAS: Quotas = {
  startsPerHour: 4,
  openInvitationsMax: 4,
  openInvitationsToOneMax: 3,
  membershipsMax: 4,
  storedBytesMax: 1000,
}

/** What takes one of a quota for `user`; each call takes another, wherever it can. */
interface Taker {
  readonly quota: keyof Quotas
  /** So many it takes until there is no more. */
  readonly takes: number
  /** As programs and people are told. */
  readonly name: string
  readonly variable: string
  readonly make: (store: Store, user: StoredParty) => Promise<() => Append>
}

function startOf(user: StoredParty, at = T0): Append {
  const conversation = { uuid: randomUUID(), createdBy: user.userId, createdAt: at }
  return entry(conversation, [event(1, user.userId, { type: 'started', messageId: null })])
}

const TAKERS: readonly Taker[] = [
  {
    quota: 'startsPerHour',
    takes: 4,
    name: 'startsPerHour',
    variable: 'HERMES_STARTS_PER_HOUR',
    make: async (_, user) => () => startOf(user),
  },
  {
    quota: 'openInvitationsMax',
    takes: 4,
    name: 'openInvitations',
    variable: 'HERMES_OPEN_INVITATIONS_MAX',
    make: async (store, user) => {
      const [rooms, bob, carol] = [await manyRooms(store), await registered(store), await registered(store)]
      return () => inviting(rooms.pop(), user, rooms.length % 2 === 0 ? bob : carol)
    },
  },
  {
    quota: 'openInvitationsToOneMax',
    takes: 3,
    name: 'openInvitationsToOne',
    variable: 'HERMES_OPEN_INVITATIONS_TO_ONE_MAX',
    make: async (store, user) => {
      const [rooms, one] = [await manyRooms(store), await registered(store)]
      return () => inviting(rooms.pop(), user, one)
    },
  },
  {
    quota: 'membershipsMax',
    takes: 4,
    name: 'memberships',
    variable: 'HERMES_MEMBERSHIPS_MAX',
    make: async (store, user) => {
      const rooms = await manyRooms(store)
      return () => joining(rooms.pop(), user)
    },
  },
  {
    quota: 'storedBytesMax',
    takes: 4,
    name: 'storedBytes',
    variable: 'HERMES_STORED_BYTES_MAX',
    make: async (store, user) => {
      const rooms = await manyRooms(store)
      return () => entry(rooms.pop() ?? 0, [event(2, user.userId, { body: 'x'.repeat(250) })])
    },
  },
]

/** Conversations that another user made, with no member. */
async function manyRooms(store: Store): Promise<number[]> {
  const other = await registered(store)
  const starts = Array.from({ length: 14 }, (_, index) => append(store, startOf(other, T0 + index * HOUR)))
  return (await Promise.all(starts)).map(({ id }) => id ?? 0)
}

function inviting(room = 0, inviter: StoredParty, invitee: StoredParty): Append {
  const invitations = [invitation(inviter, invitee, { invitedSeq: 2 })]
  return entry(room, [event(2, inviter.userId, { type: 'invited', messageId: null })], { invitations })
}

function joining(room = 0, user: StoredParty): Append {
  const joined = event(2, user.userId, { type: 'joined', messageId: null })
  return entry(room, [joined], { stays: [stay(user, 2)] })
}

export async function quotaContract(t: Test, open: OpenStore): Promise<void> {
  const store = await open(t, QUOTAS)
  for (const taker of TAKERS) await t.test(taker.quota, (t) => takerContract(t, store, taker))
  await t.test('what is given back', (t) => givenBackContract(t, store))
  await t.test('bytes', (t) => bytesContract(t, store))
  await t.test('bytes of invitations', (t) => invitationBytesContract(t, store))
}

async function takerContract(t: Test, store: Store, { quota, takes, name, variable, make }: Taker): Promise<void> {
  const failures = async (appends: readonly Append[]) =>
    (await Promise.all(appends.map((given) => append(store, given)))).map(({ failure }) => failure)
  const times = (count: number, next: () => Append) => Array.from({ length: count }, next)

  await t.test('so many, and not one more', async (t) => {
    const next = await make(store, await registered(store))
    for (let i = 0; i < takes; i++) t.equal((await append(store, next())).failure, null)
    const refused = next()
    const { failure, error } = await append(store, refused)
    t.equal(failure, 'quota')
    t.match(error, { code: 'quota_exceeded', data: { limit: QUOTAS[quota], quota: name } })
    t.match(error?.message, new RegExp(`at most ${QUOTAS[quota]} .* \\(${variable}\\)$`))
    if (typeof refused.conversation === 'number')
      t.same((await store.log.read(refused.conversation, EVERYTHING)).length, 1, 'nothing of it is stored')
    else t.equal(await store.log.load(refused.conversation.uuid), null, 'nothing of it is stored')

    const others = await make(store, await registered(store))
    t.same(await failures(times(takes, others)), new Array(takes).fill(null), 'another user has his own')
  })

  await t.test('of ten at once, with room for one, one passes', async (t) => {
    const next = await make(store, await registered(store))
    t.same(await failures(times(takes - 1, next)), new Array(takes - 1).fill(null))
    const [passed, ...others] = await failures(times(10, next))
    t.same([passed, new Set(others)], [null, new Set(['quota'])])
  })

  await t.test('one that is refused harms nobody else', async (t) => {
    const next = await make(store, await registered(store))
    await failures(times(takes, next))
    const bob = await registered(store)
    const room = await started(store, bob)
    const good = Array.from({ length: 20 }, (_, index) => entry(room.id, [event(index + 2, bob.userId)]))
    const refused = next()
    const follower = entry(refused.conversation, [event(3, bob.userId)])
    const followers = typeof refused.conversation === 'number' ? [follower] : []
    const found = await failures([...good.slice(0, 10), refused, ...followers, ...good.slice(10)])
    t.same(
      found.filter((failure) => failure !== null),
      ['quota', ...followers.map(() => 'conflict')],
    )
    t.equal((await store.log.read(room.id, EVERYTHING)).length, 21)
  })
}

async function givenBackContract(t: Test, store: Store): Promise<void> {
  await t.test('an hour after the first start there may be another', async (t) => {
    const alice = await registered(store)
    const start = async (at: number) => (await append(store, startOf(alice, at))).failure
    for (const at of [0, 10, 20, 30]) t.equal(await start(T0 + at), null)
    t.equal(await start(T0 + HOUR - 1), 'quota')
    t.same([await start(T0 + HOUR), await start(T0 + HOUR)], [null, 'quota'])
    t.same([await start(T0 - HOUR), await start(T0 - HOUR)], [null, null], 'the clock was set back')
  })

  await t.test('an invitation that ended counts no more', async (t) => {
    const [alice, bob] = [await registered(store), await registered(store)]
    const { id } = await started(store, alice)
    const put = async (seq: number, ...invitations: ReturnType<typeof invitation>[]) =>
      (await append(store, entry(id, [event(seq, alice.userId)], { invitations }))).failure
    const made = (invitedSeq: number) => invitation(alice, bob, { invitedSeq })
    const [first, second] = [made(4), made(7)]
    t.same([await put(2, made(2)), await put(3, made(3)), await put(4, first)], [null, null, null])
    t.equal(await put(5, { ...first, state: 'accepted' }), null)
    t.equal(await put(6, made(6)), 'quota')
    t.equal(await put(6, { ...first, state: 'declined', endedSeq: 6 }), null)
    t.equal(await put(7, second), null)
    t.equal(await put(8, made(8), { ...second, state: 'expired', endedSeq: 8 }), null, 'in the same append')
  })

  await t.test('a stay that ended counts no more', async (t) => {
    const alice = await registered(store)
    const { id } = await started(store, alice)
    const [last, ...rooms] = await manyRooms(store)
    for (const room of rooms.slice(0, 3)) t.equal((await append(store, joining(room, alice))).failure, null)
    t.equal((await append(store, joining(last, alice))).failure, 'quota')
    const renewed = { ...stay(alice, 1), fingerprint: `sha256:${'f'.repeat(64)}` }
    t.equal((await append(store, entry(id, [event(2, alice.userId)], { stays: [renewed] }))).failure, null)
    const left = { stays: [stay(alice, 1, 3)], closed: true }
    t.equal((await append(store, entry(id, [event(3, alice.userId)], left))).failure, null)
    t.equal((await append(store, joining(last, alice))).failure, null)
  })
}

/** Events that bring members in are never removed, but count for as long as messages do. */
async function invitationBytesContract(t: Test, store: Store): Promise<void> {
  const [alice, bob] = [await registered(store), await registered(store)]
  const { id } = await started(store, await registered(store))
  let seq = 1
  const put = async (type: string, bytes: number, { at = T0, by = alice } = {}) => {
    const change = { type, messageId: type === 'message' ? randomUUID() : null, body: 'x'.repeat(bytes), at }
    const made = invitation(alice, bob, { invitedSeq: 2, ...(seq > 1 && { state: 'cancelled', endedSeq: 3 }) })
    const changes = type === 'message' ? {} : { invitations: [made] }
    const { failure } = await append(store, entry(id, [event(seq + 1, by.userId, change)], changes))
    if (failure === null) seq += 1
    return failure
  }

  await t.test('count beside those of messages, for whoever makes them', async (t) => {
    t.same([await put('message', 300), await put('invited', 300), await put('joined', 401)], [null, null, 'quota'])
    t.same([await put('joined', 300), await put('message', 101)], [null, 'quota'])
    t.equal(await put('accepted', 900, { by: bob }), null, 'the invitee has his own')
    for (const type of ['cancelled', 'declined', 'expired', 'left', 'renewed'])
      t.equal(await put(type, 2000), null, `${type} must always be possible`)
  })

  await t.test('come back by the day, though the events stay', async (t) => {
    const day = 24 * HOUR
    const today = Math.floor(T0 / day) * day
    await store.log.removeMessages(new Date(today), 1000)
    t.equal(await put('invited', 200), 'quota', 'the day is not over')
    const before = await store.log.read(id, EVERYTHING)
    await store.log.removeMessages(new Date(today + day), 1000)
    t.same(
      (await store.log.read(id, EVERYTHING)).map(({ seq }) => seq),
      before.filter(({ type }) => type !== 'message').map(({ seq }) => seq),
    )
    const later = { at: today + day }
    t.same([await put('invited', 901, later), await put('invited', 900, later)], [null, 'quota'])
    await store.log.removeMessages(new Date(today + day), 1000)
    t.equal(await put('invited', 100, later), 'quota', 'nothing comes back twice')
  })
}

async function bytesContract(t: Test, store: Store): Promise<void> {
  const alice = await registered(store)
  const { id } = await started(store, await registered(store))
  const put = async (seq: number, body: string, changes = {}) =>
    (await append(store, entry(id, [event(seq, alice.userId, { body, ...changes })]))).failure

  await t.test('are those of UTF-8, and none of what ends something', async (t) => {
    t.equal(await put(2, 'x'.repeat(2000), { type: 'renewed', messageId: null }), null)
    t.equal(await put(3, '🦋'.repeat(251)), 'quota')
    t.equal(await put(3, '🦋'.repeat(200)), null)
    t.equal(await put(4, 'é'.repeat(101)), 'quota')
    t.equal(await put(4, 'é'.repeat(100)), null)
    t.equal(await put(5, 'x'), 'quota')
    t.equal(await put(5, 'x'.repeat(2000), { type: 'left', messageId: null }), null)
  })

  await t.test('come back when messages are removed', async (t) => {
    await store.log.removeMessages(new Date(T0 + 4), 1000)
    t.equal(await put(6, 'x'.repeat(801)), 'quota')
    t.equal(await put(6, 'x'.repeat(800)), null)
    t.equal(await put(7, 'x'), 'quota')
  })

  await t.test('are not taken by a repeat, which is a duplicate', async (t) => {
    const bob = await registered(store)
    const messageId = randomUUID()
    const send = (seq: number) =>
      append(store, entry(id, [event(seq, bob.userId, { messageId, body: 'x'.repeat(600) })]))
    t.equal((await send(7)).failure, null)
    t.equal((await send(8)).failure, 'duplicate')
    t.equal((await append(store, entry(id, [event(8, bob.userId, { body: 'x'.repeat(400) })]))).failure, null)
  })
}
