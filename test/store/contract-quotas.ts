import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Append } from '../../src/store/event-log.js'
import type { Quotas } from '../../src/store/quotas.js'
import type { StoredParty } from '../../src/store/records.js'
import type { Store } from '../../src/store/store.js'
import type { OpenStore } from './contract.js'
import {
  append,
  EVERYTHING,
  entry,
  event,
  invitation,
  registered,
  type Started,
  started,
  stay,
  T0,
} from './fixtures.js'

const LIMIT = 4
const HOUR = 3600 * 1000

/** What takes one of a quota for `user`; each call takes another, wherever it can. */
interface Taker {
  readonly quota: keyof Quotas
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
    name: 'startsPerHour',
    variable: 'HERMES_STARTS_PER_HOUR',
    make: async (_, user) => () => startOf(user),
  },
  {
    quota: 'openInvitationsMax',
    name: 'openInvitations',
    variable: 'HERMES_OPEN_INVITATIONS_MAX',
    make: async (store, user) => {
      const [rooms, people] = [await manyStarted(store), await many(() => registered(store))]
      return () => inviting(rooms.pop(), user, people.pop() ?? user)
    },
  },
  {
    quota: 'openInvitationsToOneMax',
    name: 'openInvitationsToOne',
    variable: 'HERMES_OPEN_INVITATIONS_TO_ONE_MAX',
    make: async (store, user) => {
      const [rooms, one] = [await manyStarted(store), await registered(store)]
      return () => inviting(rooms.pop(), user, one)
    },
  },
  {
    quota: 'membershipsMax',
    name: 'memberships',
    variable: 'HERMES_MEMBERSHIPS_MAX',
    make: async (store, user) => {
      const rooms = await manyStarted(store)
      return () => joining(rooms.pop(), user)
    },
  },
  {
    quota: 'storedBytesMax',
    name: 'storedBytes',
    variable: 'HERMES_STORED_BYTES_MAX',
    make: async (store, user) => {
      const rooms = await manyStarted(store)
      return () => entry(rooms.pop()?.id ?? 0, [event(2, user.userId, { body: 'x' })])
    },
  },
]

const many = <T>(make: () => Promise<T>) => Promise.all(Array.from({ length: 3 * LIMIT }, make))

/** Conversations whose members are others. */
async function manyStarted(store: Store): Promise<Started[]> {
  return many(async () => started(store, await registered(store)))
}

function inviting(room: Started | undefined, inviter: StoredParty, invitee: StoredParty): Append {
  const invitations = [invitation(inviter, invitee, { invitedSeq: 2 })]
  return entry(room?.id ?? 0, [event(2, inviter.userId, { type: 'invited', messageId: null })], { invitations })
}

function joining(room: Started | undefined, user: StoredParty): Append {
  const joined = event(2, user.userId, { type: 'joined', messageId: null })
  return entry(room?.id ?? 0, [joined], { stays: [stay(user, 2)] })
}

export async function quotaContract(t: Test, open: OpenStore): Promise<void> {
  for (const taker of TAKERS) await t.test(taker.quota, (t) => takerContract(t, open, taker))
  await t.test('what is given back', (t) => givenBackContract(t, open))
  await t.test('bytes', (t) => bytesContract(t, open))
}

async function takerContract(t: Test, open: OpenStore, { quota, name, variable, make }: Taker): Promise<void> {
  const store = await open(t, { [quota]: LIMIT })
  const failures = async (appends: readonly Append[]) =>
    (await Promise.all(appends.map((given) => append(store, given)))).map(({ failure }) => failure)
  const times = (count: number, next: () => Append) => Array.from({ length: count }, next)

  await t.test('so many, and not one more', async (t) => {
    const alice = await registered(store)
    const next = await make(store, alice)
    for (let i = 0; i < LIMIT; i++) t.equal((await append(store, next())).failure, null)
    const refused = next()
    const { failure, error } = await append(store, refused)
    t.equal(failure, 'quota')
    t.match(error, { code: 'quota_exceeded', data: { limit: LIMIT, quota: name } })
    t.match(error?.message, new RegExp(`at most ${LIMIT} .* \\(${variable}\\)$`))
    if (typeof refused.conversation === 'number')
      t.same((await store.log.read(refused.conversation, EVERYTHING)).length, 1, 'nothing of it is stored')
    else t.equal(await store.log.load(refused.conversation.uuid), null, 'nothing of it is stored')

    const others = await make(store, await registered(store))
    t.same(await failures(times(LIMIT, others)), new Array(LIMIT).fill(null), 'another user has his own')
  })

  await t.test('of ten at once, with room for one, one passes', async (t) => {
    const next = await make(store, await registered(store))
    t.same(await failures(times(LIMIT - 1, next)), new Array(LIMIT - 1).fill(null))
    t.same(await failures(times(10 - LIMIT, next)), [null, ...new Array(9 - LIMIT).fill('quota')])
  })

  await t.test('one that is refused harms nobody else', async (t) => {
    const alice = await registered(store)
    const next = await make(store, alice)
    await failures(times(LIMIT, next))
    const room = await started(store, await registered(store))
    const bob = await registered(store)
    const good = Array.from({ length: 20 }, (_, index) =>
      entry(room.id, [event(index + 2, bob.userId, { body: '', type: 'signed' })]),
    )
    const refused = next()
    const follower = { ...good[0], conversation: refused.conversation, expectedSeq: 2 } as Append
    const followers = typeof refused.conversation === 'number' ? [follower] : []
    const found = await failures([...good.slice(0, 10), refused, ...followers, ...good.slice(10)])
    t.same(
      found.filter((failure) => failure !== null),
      ['quota', ...followers.map(() => 'conflict')],
    )
    t.equal((await store.log.read(room.id, EVERYTHING)).length, 21)
  })
}

async function givenBackContract(t: Test, open: OpenStore): Promise<void> {
  await t.test('an hour after the first start there may be another', async (t) => {
    const store = await open(t, { startsPerHour: 2 })
    const alice = await registered(store)
    const start = async (at: number) => (await append(store, startOf(alice, at))).failure
    t.same([await start(T0), await start(T0 + 10), await start(T0 + HOUR - 1)], [null, null, 'quota'])
    t.same([await start(T0 + HOUR), await start(T0 + HOUR)], [null, 'quota'])
  })

  await t.test('an invitation that ended counts no more', async (t) => {
    const store = await open(t, { openInvitationsMax: 1, openInvitationsToOneMax: 1 })
    const [alice, bob] = [await registered(store), await registered(store)]
    const { id } = await started(store, alice)
    const put = async (seq: number, ...invitations: ReturnType<typeof invitation>[]) =>
      (await append(store, entry(id, [event(seq, alice.userId)], { invitations }))).failure
    const first = invitation(alice, bob, { invitedSeq: 2 })
    t.equal(await put(2, first), null)
    t.equal(await put(3, { ...first, state: 'accepted' }), null)
    t.equal(await put(4, invitation(alice, bob, { invitedSeq: 4 })), 'quota')
    t.equal(await put(4, { ...first, state: 'declined', endedSeq: 4 }), null)
    const second = invitation(alice, bob, { invitedSeq: 5 })
    t.equal(await put(5, second), null)
    const third = invitation(alice, bob, { invitedSeq: 6 })
    t.equal(await put(6, third, { ...second, state: 'expired', endedSeq: 6 }), null, 'in the same append')
  })

  await t.test('a stay that ended counts no more', async (t) => {
    const store = await open(t, { membershipsMax: 1 })
    const alice = await registered(store)
    const first = await started(store, alice)
    const [other] = await manyStarted(store)
    t.equal((await append(store, joining(other, alice))).failure, 'quota')
    const renewed = { ...stay(alice, 1), fingerprint: `sha256:${'f'.repeat(64)}` }
    t.equal((await append(store, entry(first.id, [event(2, alice.userId)], { stays: [renewed] }))).failure, null)
    const left = { stays: [stay(alice, 1, 3)], closed: true }
    t.equal((await append(store, entry(first.id, [event(3, alice.userId)], left))).failure, null)
    t.equal((await append(store, joining(other, alice))).failure, null)
  })
}

async function bytesContract(t: Test, open: OpenStore): Promise<void> {
  const store = await open(t, { storedBytesMax: 1000 })
  const alice = await registered(store)
  const { id } = await started(store, alice)
  const put = async (seq: number, body: string, changes = {}) =>
    (await append(store, entry(id, [event(seq, alice.userId, { body, ...changes })]))).failure

  await t.test('are those of UTF-8, of messages alone', async (t) => {
    t.equal(await put(2, 'x'.repeat(2000), { type: 'renewed', messageId: null }), null)
    t.equal(await put(3, '🦋'.repeat(251)), 'quota')
    t.equal(await put(3, '🦋'.repeat(200)), null)
    t.equal(await put(4, 'é'.repeat(101)), 'quota')
    t.equal(await put(4, 'é'.repeat(100)), null)
    t.equal(await put(5, 'x'), 'quota')
    t.equal(await put(5, 'x'.repeat(2000), { type: 'left', messageId: null }), null)
  })

  await t.test('come back when messages are removed', async (t) => {
    t.equal(await store.log.removeMessages(new Date(T0 + 4), 10), 1)
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
