import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { HermesError } from '../../src/errors.js'
import type { Store } from '../../src/store/store.js'
import { append, entry, event, invitation, registered, started, T0 } from './fixtures.js'

const DAY = 24 * 3600 * 1000

export async function deviceContract(t: Test, store: Store): Promise<void> {
  const { log } = store
  const alice = await registered(store)
  const open = (userId: number, name: string, day = 0, max = 16) =>
    log.openDevice(userId, name, new Date(T0 + day * DAY), max)
  const durably = (move: (done: (failure: HermesError | null) => void) => void) =>
    new Promise<string | null>((resolve) => move((failure) => resolve(failure?.code ?? null)))

  await t.test('a device is made once', async (t) => {
    const laptop = await open(alice.userId, 'laptop')
    t.match(laptop, { userId: alice.userId, name: 'laptop' })
    t.same(await open(alice.userId, 'laptop', 1), laptop)
    t.not((await open(alice.userId, 'phone')).id, laptop.id)
    const bob = await registered(store)
    t.not((await open(bob.userId, 'laptop')).id, laptop.id)
  })

  await t.test('a user has so many devices and no more', async (t) => {
    const { userId } = await registered(store)
    const names = Array.from({ length: 8 }, (_, index) => `device-${index}`)
    const results = await Promise.allSettled(names.map((name) => open(userId, name, 0, 3)))
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 3)
    for (const result of results.slice(3)) t.match(result, { reason: { code: 'quota_exceeded', message: /3/ } })
    await t.resolves(open(userId, 'device-0', 0, 3), 'one that is there may always be opened')
  })

  await t.test('a device unseen for 90 days is forgotten, with its cursors', async (t) => {
    const user = await registered(store)
    const { id } = await started(store, user)
    const old = await open(user.userId, 'laptop')
    await durably((done) => log.acknowledge(old.id, id, 1, done))
    t.same(await open(user.userId, 'laptop', 90), old)
    t.equal((await log.openMailbox(old, 9)).conversations[0]?.ackedSeq, 1)
    const again = await open(user.userId, 'laptop', 181)
    t.not(again.id, old.id)
    t.equal((await log.openMailbox(again, 9)).conversations[0]?.ackedSeq, 0)
  })

  await t.test('a cursor moves forward, never back', async (t) => {
    const { id, uuid } = await started(store, alice)
    await append(
      store,
      entry(
        id,
        [2, 3, 4, 5].map((seq) => event(seq, alice.userId)),
      ),
    )
    const device = await open(alice.userId, 'laptop')
    const acked = async () => (await log.openMailboxConversation(device, uuid))?.ackedSeq
    t.equal(await acked(), 0)
    t.equal(await durably((done) => log.acknowledge(device.id, id, 4, done)), null)
    t.equal(await acked(), 4)
    t.equal(await durably((done) => log.acknowledge(device.id, id, 2, done)), null)
    t.equal(await acked(), 4)
    const moves = [1, 5, 3].map((seq) => durably((done) => log.acknowledge(device.id, id, seq, done)))
    t.same(await Promise.all(moves), [null, null, null])
    t.equal(await acked(), 5)
  })

  await t.test('an acknowledgement that nobody waits for is seen by the next mailbox', async (t) => {
    const { id, uuid } = await started(store, alice)
    const device = await open(alice.userId, 'laptop')
    log.acknowledge(device.id, id, 1)
    t.equal((await log.openMailboxConversation(device, uuid))?.ackedSeq, 1)
  })

  await t.test('what is not there cannot be acknowledged, and harms nobody else', async (t) => {
    const { id } = await started(store, alice)
    const device = await open(alice.userId, 'laptop')
    const outcomes = await Promise.all([
      durably((done) => log.acknowledge(1_000_000, id, 1, done)),
      durably((done) => log.acknowledge(device.id, 1_000_000, 1, done)),
      durably((done) => log.acknowledgeInvitation(device.id, randomUUID(), 1, done)),
      durably((done) => log.acknowledge(device.id, id, 1, done)),
      append(store, entry(id, [event(2, alice.userId)])).then(({ failure }) => failure),
    ])
    t.same(outcomes, ['not_found', 'not_found', null, null, null])
  })

  await t.test('an invitation is acknowledged twice: for itself, and for its end', async (t) => {
    const bob = await registered(store)
    const { id } = await started(store, alice)
    const sent = invitation(alice, bob)
    await append(store, entry(id, [event(2, alice.userId, { type: 'invited' })], { invitations: [sent] }))
    const device = await open(bob.userId, 'laptop')
    const pending = async () => (await log.openMailbox(device, 9)).notices.map(({ place }) => place)
    t.same(await pending(), [1])
    t.equal(await durably((done) => log.acknowledgeInvitation(device.id, sent.id, 1, done)), null)
    t.same(await pending(), [])
    const ended = { ...sent, state: 'cancelled', endedSeq: 3 } as const
    await append(store, entry(id, [event(3, alice.userId, { type: 'cancelled' })], { invitations: [ended] }))
    t.same(await pending(), [2])
    t.equal(await durably((done) => log.acknowledgeInvitation(device.id, sent.id, 1, done)), null)
    t.same(await pending(), [2], 'the first is not acknowledged twice')
    log.acknowledgeInvitation(device.id, sent.id, 2)
    t.same(await pending(), [], 'acknowledged to its end')
  })
}
