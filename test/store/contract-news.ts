import type { Test } from 'tap'
import type { Known } from '../../src/store/news.js'
import type { Store } from '../../src/store/store.js'
import { append, entry, event, invitation, registered, started, stay, T0 } from './fixtures.js'

const NOTHING: Known = { conversations: [], userIds: [], memberships: [], notices: [], connections: [] }
const NO_NEWS = { conversations: [], memberships: [], notices: [], connections: [] }

/** What a node that missed something finds in the store. */
export async function newsContract(t: Test, store: Store): Promise<void> {
  const { log } = store
  const [alice, bob] = [await registered(store), await registered(store)]
  const [first, second] = [await started(store, alice), await started(store, alice)]
  await append(store, entry(first.id, [event(2, alice.userId)], { stays: [stay(bob, 2)] }))
  await append(store, entry(second.id, [event(2, bob.userId)], { stays: [stay(bob, 2, 2)] }))

  await t.test('nothing is asked of nothing', async (t) => {
    t.same(await log.findNews(NOTHING), NO_NEWS)
  })

  await t.test('conversations that are further, or not as far', async (t) => {
    const found = async (...conversations: Known['conversations']) =>
      (await log.findNews({ ...NOTHING, conversations })).conversations
    t.same(await found([first.id, 1], [second.id, 2]), [{ conversationId: first.id, lastSeq: 2 }])
    t.same(await found([first.id, 2], [second.id, 3], [999_999, 0]), [{ conversationId: second.id, lastSeq: 2 }])
  })

  await t.test('memberships that are not known, of those that last', async (t) => {
    const userIds = [alice.userId, bob.userId]
    const found = async (...memberships: Known['memberships']) =>
      [...(await log.findNews({ ...NOTHING, userIds, memberships })).memberships].sort((a, b) => a.userId - b.userId)
    const place = { conversationId: first.id, uuid: first.uuid, lastSeq: 2 }
    t.same(await found([alice.userId, first.id], [alice.userId, second.id]), [{ userId: bob.userId, ...place }])
    t.same(await found([alice.userId, second.id], [bob.userId, first.id]), [{ userId: alice.userId, ...place }])
    t.same(await found([alice.userId, second.id], [alice.userId, first.id], [bob.userId, first.id]), [])
  })

  await t.test('more events of invitations than are known', async (t) => {
    const carol = await registered(store)
    const device = await log.openDevice(carol.userId, 'laptop', new Date(T0), 16)
    const found = async (count: number) =>
      (await log.findNews({ ...NOTHING, userIds: [carol.userId], notices: [[device.id, count]] })).notices
    t.same(await found(0), [])
    const sent = invitation(alice, carol, { invitedSeq: 3, state: 'invited' })
    await append(store, entry(first.id, [event(3, alice.userId, { type: 'invited' })], { invitations: [sent] }))
    t.same(await found(0), [{ deviceId: device.id }])
    t.same(await found(1), [])
  })

  await t.test('each connection of a device has a number', async (t) => {
    const device = await log.openDevice(alice.userId, 'phone', new Date(T0), 16)
    t.equal(await log.connectDevice(device.id), 1)
    t.same(await Promise.all([log.connectDevice(device.id), log.connectDevice(device.id)]), [2, 3])
    t.equal(await log.connectDevice(999_999), 0, 'one that is gone')
    const found = async (number: number) =>
      (await log.findNews({ ...NOTHING, userIds: [alice.userId], connections: [[device.id, number]] })).connections
    t.same(await found(2), [{ deviceId: device.id, number: 3 }])
    t.same(await found(3), [])
  })
}
