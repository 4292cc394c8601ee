import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { followAudit } from '../../src/store/audit-chain.js'
import type { Append } from '../../src/store/event-log.js'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { NO_QUOTAS, type Quotas } from '../../src/store/quotas.js'
import type { Notice, StoredParty } from '../../src/store/records.js'
import type { Store } from '../../src/store/store.js'
import { append, EVERYTHING, entry, event, invitation, newUser, registered, started, stay, T0 } from './fixtures.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'
import { after, register, revocation } from './upkeep-fixture.js'

const DEADLOCKS = 'SELECT deadlocks::int AS "deadlocks" FROM pg_stat_database WHERE datname = current_database()'

/** Several nodes that share one database. */
async function nodes(
  t: Test,
  quotas: Partial<Quotas> = {},
): Promise<{ url: string; all: readonly [Store, Store, Store] }> {
  const url = await testDatabase(t)
  const open = async () => {
    const store = await openPostgresStore({ url, quotas: { ...NO_QUOTAS, ...quotas } })
    let closing: Promise<void> | null = null
    const close = () => (closing ??= store.close())
    t.teardown(close)
    return { ...store, close }
  }
  return { url, all: [await open(), await open(), await open()] }
}

const failuresOf = (outcomes: readonly { readonly failure: string | null }[]) =>
  outcomes.map(({ failure }) => String(failure)).sort()

/** Appends one message, deciding it again on a conflict, as the queue of a conversation does. */
async function send(store: Store, uuid: string, sender: StoredParty, messageId = randomUUID()): Promise<number> {
  for (;;) {
    const { id, lastSeq } = (await store.log.load(uuid)) ?? { id: 0, lastSeq: 0 }
    const { failure } = await append(store, entry(id, [event(lastSeq + 1, sender.userId, { messageId })]))
    if (failure === null) return lastSeq + 1
    if (failure !== 'conflict') throw new Error(failure)
  }
}

t.test(
  'nodes that append to one conversation at once give each event a seq of its own',
  { skip: NO_POSTGRES },
  async (t) => {
    const { all } = await nodes(t)
    const [alice, bob] = [await registered(all[0]), await registered(all[1])]
    const conversations = [await started(all[0], alice), await started(all[0], alice)]
    const sending = all.flatMap((store, node) =>
      Array.from({ length: 20 }, (_, index) =>
        send(store, conversations[index % 2]?.uuid ?? '', node === 0 ? alice : bob),
      ),
    )
    const seqs = await Promise.all(sending)
    t.equal(seqs.length, 60)
    for (const { id, uuid } of conversations) {
      const log = (await all[2].log.read(id, EVERYTHING)).map(({ seq }) => seq)
      t.same(
        log,
        Array.from({ length: 31 }, (_, index) => index + 1),
      )
      t.equal((await all[2].log.load(uuid))?.lastSeq, 31)
    }
  },
)

t.test('a message that is sent by way of several nodes is stored once', { skip: NO_POSTGRES }, async (t) => {
  const { all } = await nodes(t)
  const alice = await registered(all[0])
  const { id, uuid } = await started(all[0], alice)
  const messageId = randomUUID()
  const outcomes = await Promise.allSettled(
    all.flatMap((store) => [1, 2, 3].map(() => send(store, uuid, alice, messageId))),
  )
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  t.same(
    new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))),
    new Set(['Error: duplicate']),
  )
  t.equal((await all[0].log.read(id, EVERYTHING)).length, 2)
})

t.test('a request that comes to several nodes is answered by one', { skip: NO_POSTGRES }, async (t) => {
  const { all } = await nodes(t)
  const { userId } = await registered(all[0])
  const request = { userId, requestId: randomUUID(), hash: 'h', seq: 1 }
  const outcomes = await Promise.all(all.map((store) => append(store, start(userId, { request }))))
  t.same(failuresOf(outcomes), ['duplicate', 'duplicate', 'null'])
})

const start = (userId: number, changes: Partial<Append> = {}) =>
  entry(
    { uuid: randomUUID(), createdBy: userId, createdAt: T0 },
    [event(1, userId, { type: 'started', messageId: null })],
    changes,
  )

t.test('no user has more than his quota, whichever nodes he asks', { skip: NO_POSTGRES }, async (t) => {
  const quotas = { startsPerHour: 4, openInvitationsMax: 3, membershipsMax: 2, storedBytesMax: 100 }
  const { all } = await nodes(t, quotas)
  const everywhere = async (make: (index: number) => Append) =>
    failuresOf(await Promise.all(all.flatMap((store, node) => [0, 1].map((i) => append(store, make(2 * node + i))))))
  const users = await Promise.all(Array.from({ length: 9 }, () => registered(all[0])))
  const [alice, bob, carol, dave, ...owners] = users as [
    StoredParty,
    StoredParty,
    StoredParty,
    StoredParty,
    ...StoredParty[],
  ]
  const hosts = [...owners, bob]
  const rooms = await Promise.all(hosts.map((host) => started(all[0], host)))
  const room = (index: number) => rooms[index % rooms.length]?.id ?? 0
  const quiet = { type: 'invited', messageId: null, body: 'x' }

  t.same(await everywhere(() => start(alice.userId, { events: [event(1, alice.userId, { body: 'x' })] })), [
    ...Array(4).fill('null'),
    ...Array(2).fill('quota'),
  ])
  const invite = (index: number) =>
    entry(room(index), [event(2, bob.userId, quiet)], { invitations: [invitation(bob, carol)] })
  t.same(await everywhere(invite), [...Array(3).fill('null'), ...Array(3).fill('quota')])
  const join = (index: number) => {
    const seq = index < 3 ? 3 : 2
    const joined = event(seq, hosts[index]?.userId ?? 0, { ...quiet, type: 'joined' })
    return entry(room(index), [joined], { stays: [stay(dave, seq)] })
  }
  const joined = await everywhere(join)
  t.equal(joined.filter((failure) => failure === 'null').length, 2, joined.join())

  const fresh = await Promise.all(
    all.flatMap((store) =>
      [0, 1].map(() =>
        append(store, start(dave.userId, { events: [event(1, dave.userId, { body: 'x'.repeat(30) })] })),
      ),
    ),
  )
  t.same(failuresOf(fresh), [...Array(3).fill('null'), ...Array(3).fill('quota')], 'bytes')
})

t.test('a user has no more devices than he may, and each once', { skip: NO_POSTGRES }, async (t) => {
  const { all } = await nodes(t)
  const { userId } = await registered(all[0])
  const open = (store: Store, name: string) => store.log.openDevice(userId, name, new Date(T0), 4)
  const same = await Promise.all(all.map((store) => open(store, 'laptop')))
  t.equal(new Set(same.map(({ id }) => id)).size, 1)
  const others = await Promise.allSettled(
    all.flatMap((store, node) => [1, 2].map((i) => open(store, `device-${node}-${i}`))),
  )
  t.equal(others.filter(({ status }) => status === 'fulfilled').length, 3)
})

t.test('a cursor that several nodes move is where the furthest of them put it', { skip: NO_POSTGRES }, async (t) => {
  const { all } = await nodes(t)
  const alice = await registered(all[0])
  const { id, uuid } = await started(all[0], alice)
  const device = await all[0].log.openDevice(alice.userId, 'laptop', new Date(T0), 4)
  const moves = all.flatMap((store, node) =>
    Array.from(
      { length: 10 },
      (_, index) => new Promise((resolve) => store.log.acknowledge(device.id, id, 3 * index + node + 1, resolve)),
    ),
  )
  t.same(new Set(await Promise.all(moves)), new Set([null]))
  t.equal((await all[1].log.openMailboxConversation(device, uuid))?.ackedSeq, 30)
})

t.test(
  'a mailbox gets its notices in the order of the log: none comes late before one that was read',
  { skip: NO_POSTGRES },
  async (t) => {
    const { url, all } = await nodes(t)
    const bob = await registered(all[0])
    const inviters = await Promise.all(Array.from({ length: 12 }, () => registered(all[0])))
    const rooms = await Promise.all(inviters.map((inviter) => started(all[0], inviter)))
    const device = await all[0].log.openDevice(bob.userId, 'laptop', new Date(T0), 16)
    let isOver = false
    const reader = async () => {
      let before: readonly Notice[] = []
      let reads = 0
      while (!isOver) {
        const now = await all[2].log.readNotices(device, 10_000)
        if (JSON.stringify(now.slice(0, before.length)) !== JSON.stringify(before))
          return `lost its order at read ${reads}`
        before = now
        reads++
      }
      return null
    }
    const openings: Promise<{ id: number }>[] = []
    const inviting = rooms.map(async ({ id }, index) => {
      const inviter = inviters[index] ?? bob
      const store = all[index % 3] ?? all[0]
      for (let seq = 2; seq < 12; seq++) {
        const made = entry(id, [event(seq, inviter.userId, { type: 'invited', messageId: null })], {
          invitations: [invitation(inviter, bob, { invitedSeq: seq })],
        })
        const { failure } = await append(store, made)
        if (failure !== null) throw new Error(failure)
        if (index === 0)
          openings.push(
            all[seq % 3]?.log.openDevice(bob.userId, `device-${seq}`, new Date(T0), 16) ?? Promise.reject(new Error()),
          )
      }
    })
    const read = reader()
    await Promise.all(inviting)
    isOver = true
    t.equal(await read, null)
    const told = await sql<{ count: number }>(url, 'SELECT count(*)::int AS "count" FROM "Notice" GROUP BY "deviceId"')
    t.same(new Set(told.map(({ count }) => count)), new Set([120]), 'a device that is made meanwhile is told of all')
    t.equal(told.length, 1 + (await Promise.all(openings)).length)
  },
)

t.test(
  'a stay that begins beside a revocation is refused, or found by whoever revokes',
  { skip: NO_POSTGRES },
  async (t) => {
    const { all } = await nodes(t)
    const alice = await registered(all[0])
    const outcomes = { revoked: 0, found: 0 }
    for (let round = 0; round < 12; round++) {
      const bob = await register(all[0])
      const party = { userId: bob.id, username: bob.username, fingerprint: bob.certificate.fingerprint }
      const { id, uuid } = await started(all[0], alice)
      const joining = () =>
        append(
          all[1],
          entry(id, [event(2, alice.userId, { type: 'joined', messageId: null })], { stays: [stay(party, 2)] }),
        )
      const revoking = async () => {
        await all[2].identities.revoke(revocation(bob))
        return all[2].log.findPlaces(bob.id, null, 10)
      }
      const [joined, places] = await Promise.all([joining(), revoking()])
      if (joined.failure === 'revoked') outcomes.revoked++
      else {
        t.equal(joined.failure, null)
        t.same(places, [uuid], `round ${round}`)
        outcomes.found++
      }
    }
    t.comment(JSON.stringify(outcomes))
  },
)

t.test('all nodes write one chain of audit rows, beside what they append', { skip: NO_POSTGRES }, async (t) => {
  const { url, all } = await nodes(t)
  const alice = await registered(all[0])
  const rooms = await Promise.all([1, 2, 3].map(() => started(all[0], alice)))
  const users = await Promise.all(Array.from({ length: 6 }, () => register(all[0])))
  const disabling = all.flatMap(({ administration }, node) =>
    (node === 1 ? users.toReversed() : users).map(({ username }) =>
      administration.disable({ username, by: null, at: after(0) }),
    ),
  )
  const registering = all.flatMap((store) => Array.from({ length: 8 }, () => store.identities.register(newUser())))
  const sending = all.flatMap((store) => rooms.flatMap(({ uuid }) => [1, 2, 3].map(() => send(store, uuid, alice))))
  await Promise.all([...registering, ...disabling, ...sending])
  const chain = await followAudit(all[1].audit, null)
  t.equal(chain.end(), null)
  t.equal(chain.head.seq, 7 + 24 + 18)
  await Promise.all(all.map((store) => store.close()))
  t.same(await sql(url, DEADLOCKS), [{ deadlocks: 0 }], 'and none waited for another that waited for him')
})

t.test('nodes that remove old messages at once remove each once', { skip: NO_POSTGRES }, async (t) => {
  const { url, all } = await nodes(t)
  const alice = await registered(all[0])
  const { id } = await started(all[0], alice)
  const messages = Array.from({ length: 60 }, (_, index) =>
    event(index + 2, alice.userId, { at: T0, body: 'x'.repeat(10) }),
  )
  await append(all[0], entry(id, messages))
  const removed = await Promise.all(
    all.flatMap(({ log }) => [1, 2, 3].map(() => log.removeMessages(new Date(T0 + 1), 9))),
  )
  let sum = removed.reduce((a, b) => a + b)
  for (let page = -1; page !== 0; sum += page) page = await all[0].log.removeMessages(new Date(T0 + 1), 9)
  t.equal(sum, 60)
  t.same(
    await sql(url, 'SELECT "bytes"::int FROM "Usage" WHERE "userId" = $1', [alice.userId]),
    [{ bytes: 9 }],
    'but `started`',
  )
})

t.test('who waits for a conversation has not locked a device yet', { skip: NO_POSTGRES }, async (t) => {
  const { url, all } = await nodes(t)
  const alice = await registered(all[0])
  const { id } = await started(all[0], alice)
  const device = await all[0].log.openDevice(alice.userId, 'laptop', new Date(T0), 16)
  const other = new Client(url)
  await other.connect()
  t.teardown(() => other.end())
  await other.query('BEGIN')
  await other.query('SELECT 1 FROM "Conversation" WHERE "id" = $1 FOR NO KEY UPDATE', [id])
  const connecting = all[0].log.connectDevice(device.id)
  const appending = append(all[0], entry(id, [event(2, alice.userId)]))
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  while (t.passing() && (await sql(url, waiting)).length === 0);
  await t.resolves(other.query('SELECT 1 FROM "Device" WHERE "id" = $1 FOR NO KEY UPDATE NOWAIT', [device.id]))
  await other.query('COMMIT')
  t.equal((await appending).failure, null)
  t.equal(await connecting, 1)
  t.equal(await all[1].log.connectDevice(device.id), 2)
})
