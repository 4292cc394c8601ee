import fc from 'fast-check'
import t, { type Test } from 'tap'
import { HermesClient, type Notice } from '../../../src/client/index.js'
import { renewalDueAt } from '../../../src/client/live/renewals.js'
import { startServer } from '../../support/server.js'
import { clientOf, deviceOf, payloadsUpTo, reopen, type TestClient, talkOf } from './clients.js'

const DAY_MS = 86_400_000
const server = await startServer(t)

/** A server whose clock, and that of whoever is opened with it, runs ahead. */
async function startClock(t: Test) {
  const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) }
  return { clock, own: await startServer(t, {}, clock.now) }
}

async function noticed<T extends Notice['type']>({ client }: { client: HermesClient }, type: T) {
  for await (const notice of client.notices) if (notice.type === type) return notice as Extract<Notice, { type: T }>
  throw new Error(`there was no ${type}`)
}

async function connected(t: Test, username: string, at = server): Promise<TestClient> {
  const user = await clientOf(t, at, username)
  await user.client.connect()
  return user
}

async function opened(t: Test, { directory }: TestClient, now: () => Date) {
  const client = await HermesClient.open({ directory, now })
  t.teardown(() => client.close())
  return { client }
}

t.test('the time to renew is between two thirds of the life and a twentieth of it later', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 825 }), fc.double({ min: 0, max: 1, noNaN: true }), (days, random) => {
      const life = { notBefore: new Date(0), notAfter: new Date(days * DAY_MS) }
      const part = renewalDueAt(life, random) / (days * DAY_MS)
      return part >= 2 / 3 - 1e-9 && part <= 2 / 3 + 1 / 20 + 1e-9
    }),
  )
})

t.test('it is renewed by itself, and the link goes on under the new one', async (t) => {
  const { clock, own } = await startClock(t)
  const [alice, bob] = [await connected(t, 'alice', own), await connected(t, 'bob', own)]
  const [ours, theirs] = await talkOf(alice, bob)
  await alice.client.close()
  clock.ahead = 66 * DAY_MS
  const again = await opened(t, alice, clock.now)
  await again.client.connect()
  const { fingerprint } = await noticed(again, 'certificate_renewed')
  t.not(fingerprint, alice.user.fingerprint)
  await noticed(again, 'link')
  await again.client.conversation(ours.id).send('still here')
  t.same(await payloadsUpTo(theirs, 'still here'), ['still here'])
  t.match(await noticed(bob, 'fingerprint_changed'), { change: { how: 'same_key', current: fingerprint } })
  t.same(theirs.members[0], { username: 'alice', fingerprint })
  t.equal(again.client.fingerprint, fingerprint)
})

t.test('one that has expired is renewed before the link comes back', async (t) => {
  const { clock, own } = await startClock(t)
  const alice = await connected(t, 'anna', own)
  await alice.client.close()
  clock.ahead = 91 * DAY_MS
  const again = await opened(t, alice, clock.now)
  await again.client.connect()
  t.not(again.client.fingerprint, alice.user.fingerprint)
  t.equal((await again.client.account.whoami()).identity.fingerprint, again.client.fingerprint)
})

t.test('an invitation is finished under the certificates that it names', async (t) => {
  const [alice, bob] = [await connected(t, 'amy'), await connected(t, 'ben')]
  await bob.client.close()
  const conversation = await alice.client.start(['ben'])
  await alice.client.account.renew()
  const again = { ...(await reopen(t, bob.directory)), user: bob.user }
  await again.client.connect()
  const { value: invitation } = await again.client.invitations().next()
  await again.client.account.renew()
  await invitation?.accept()
  const theirs = await invitation?.joined()
  t.equal(theirs?.id, conversation.id)
  await theirs?.send('both have renewed')
  t.same(await payloadsUpTo(conversation, 'both have renewed'), ['both have renewed'])
})

t.test('what one device renews the others take', async (t) => {
  const [laptop, bob] = [await connected(t, 'abby'), await connected(t, 'bert')]
  const [ours] = await talkOf(laptop, bob)
  const phone = await deviceOf(t, server, laptop.user)
  await phone.client.connect()
  await laptop.client.account.renew()
  await ours.send('under the new one')
  const { fingerprint } = await noticed(phone, 'certificate_renewed')
  t.equal(fingerprint, laptop.client.fingerprint)
  const same = phone.client.conversation(ours.id)
  await same.send('here too')
  t.same(await payloadsUpTo(same, 'here too'), ['under the new one', 'here too'])
})

t.test('after a recovery a link ends, and what waits hears of it', async (t) => {
  const laptop = await clientOf(t, server, 'ada', { password: 'a long server password' })
  await laptop.client.connect()
  const phone = await deviceOf(t, server, laptop.user)
  const secrets = { password: 'a long server password', keyPassword: 'a second password' }
  await phone.client.recover({ username: 'ada', ...secrets })
  let end = await noticed(laptop, 'link')
  while (end.state !== 'ended') end = await noticed(laptop, 'link')
  t.match(end.reason, /4501/)
  t.equal(laptop.client.link, 'ended')
  await t.rejects(laptop.client.start(['ben']), { code: 'link_ended' })
  await t.rejects(laptop.client.connect(), { name: 'Refusal', code: 'certificate_revoked' })
})
