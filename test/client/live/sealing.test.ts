import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { v7 as createMessageId } from 'uuid'
import type { Conversation, ReadMessage } from '../../../src/client/index.js'
import { SEALED_TYPE } from '../../../src/client/sealing/sealed-message.js'
import { acceptance, type Party } from '../../support/handshake.js'
import { connect } from '../../support/hub-client.js'
import { startServer } from '../../support/server.js'
import { registerUser } from '../../support/user.js'
import { acceptNext, clientOf, deviceOf, payloadsUpTo, reopen, type TestClient, talkOf } from './clients.js'
import { scene, talk } from './lied-to.js'
import { changed } from './lies.js'
import type { Fields } from './lying-hub.js'

const server = await startServer(t)
let count = 0

async function clients(t: Test, number: number): Promise<readonly TestClient[]> {
  return Promise.all(
    Array.from({ length: number }, async () => {
      const one = await clientOf(t, server, `sealer-${++count}`)
      await one.client.connect()
      return one
    }),
  )
}

async function two(t: Test): Promise<[TestClient, TestClient, Conversation, Conversation]> {
  const [alice, bob] = (await clients(t, 2)) as [TestClient, TestClient]
  return [alice, bob, ...(await talkOf(alice, bob))]
}

/** A client of somebody else, which seals nothing. */
async function bareClient(t: Test): Promise<Party> {
  const user = await registerUser(server, `bare-${++count}`)
  return { user, client: await connect(t, server, user) }
}

async function acceptBare({ user, client }: Party): Promise<void> {
  const invited = await client.event((event) => event.type === 'invited')
  await client.call('accept', acceptance(server, user, invited))
  await client.event((event) => event.type === 'joined')
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

async function lastMessage(conversation: Conversation, text: string): Promise<ReadMessage> {
  await payloadsUpTo(conversation, text, 0)
  return (await conversation.history()).findLast((event) => event.type === 'message') as ReadMessage
}

t.test('what is said is sealed as soon as all have told a key, and the hub sees none of it', async (t) => {
  const [alice, bob, ours, theirs] = await two(t)
  t.same([ours.isSealed, theirs.isSealed], [true, true])
  const { sealed } = await ours.send('the secret of alice', { contentType: 'text/x-secret' })
  t.equal(sealed, true)
  t.match(await lastMessage(theirs, 'the secret of alice'), { seal: 'sealed', contentType: 'text/x-secret' })
  await theirs.send('and that of bob')
  t.match(await lastMessage(ours, 'and that of bob'), { seal: 'sealed', contentType: undefined })

  const watcher = await connect(t, server, bob.user, { device: 'watcher' })
  const relayed = await watcher.event((event) => event.type === 'message')
  t.equal(relayed.contentType, SEALED_TYPE)
  t.notMatch(JSON.stringify(relayed), /secret/)
  const journal = await readFile(join(alice.directory, 'conversations', `${ours.id}.jsonl`), 'utf8')
  t.notMatch(journal, /secret|that of bob/, 'nor does who gets at the disk')

  const phone = await deviceOf(t, server, alice.user)
  await phone.client.connect()
  const there = phone.client.conversation(ours.id)
  t.equal(there.isSealed, true)
  t.same(await payloadsUpTo(there, 'and that of bob'), ['the secret of alice', 'and that of bob'])
  await there.send('from the telephone')
  t.match(await lastMessage(theirs, 'from the telephone'), { seal: 'sealed' })
})

t.test('whoever comes later is told the keys of all, and all are told his', async (t) => {
  const [alice, bob, carol] = (await clients(t, 3)) as [TestClient, TestClient, TestClient]
  const [ours, theirs] = await talkOf(alice, bob)
  await ours.send('before carol')
  const accepting = acceptNext(carol)
  await theirs.invite(carol.user.username)
  const hers = await accepting
  await hers.send('of carol')
  for (const conversation of [ours, theirs]) t.match(await lastMessage(conversation, 'of carol'), { seal: 'sealed' })
  await ours.send('to all')
  for (const conversation of [theirs, hers]) t.match(await lastMessage(conversation, 'to all'), { seal: 'sealed' })
  await theirs.leave()
  await ours.send('without bob')
  t.match(await lastMessage(hers, 'without bob'), { seal: 'sealed' })
})

t.test('with a client that seals nothing one talks as it is, and is told so', async (t) => {
  const [alice] = (await clients(t, 1)) as [TestClient]
  const bare = await bareClient(t)
  const ours = await alice.client.start([bare.user.username])
  t.equal((await ours.send('to myself')).sealed, true, 'alone')
  t.equal(ours.isSealed, false)
  await acceptBare(bare)
  await payloadsUpTo(ours, 'to myself', 0)
  while (ours.members.length < 2) await pause()
  t.equal((await ours.send('plain')).sealed, false)
  t.match(await bare.client.event((event) => event.type === 'message'), { payload: 'plain' })
  t.match(await lastMessage(ours, 'plain'), { seal: 'none' })
  const name = bare.user.username
  await t.rejects(ours.send('secret', { sealed: true }), {
    code: 'cannot_seal',
    message: new RegExp(`^${name} cannot`),
  })
})

t.test('what was sealed once is never said in the open by itself', async (t) => {
  const [, , ours, theirs] = await two(t)
  await ours.send('sealed')
  const bare = await bareClient(t)
  await ours.invite(bare.user.username)
  await acceptBare(bare)
  while (theirs.members.length < 3) await pause()
  for (const conversation of [ours, theirs]) {
    t.same(conversation.keyless, [bare.user.username])
    await t.rejects(conversation.send('secret'), { code: 'cannot_seal' })
  }
  t.equal((await theirs.send('in the open', { sealed: false })).sealed, false)
  t.match(await lastMessage(ours, 'in the open'), { seal: 'none' })
  t.match(await bare.client.event((event) => event.type === 'message'), { payload: 'in the open' })
})

t.test('who comes to what is sealed says nothing in the open by himself', async (t) => {
  const [alice, bob, carol] = (await clients(t, 3)) as [TestClient, TestClient, TestClient]
  const [ours, theirs] = await talkOf(alice, bob)
  const bare = await bareClient(t)
  await ours.invite(bare.user.username)
  await acceptBare(bare)
  while (theirs.members.length < 3) await pause()
  const accepting = acceptNext(carol)
  await theirs.invite(carol.user.username)
  const hers = await accepting
  t.equal(hers.isSealed, true)
  await t.rejects(hers.send('secret'), { code: 'cannot_seal' })
})

t.test('without a connection what is to be sealed waits for the next, as all else', async (t) => {
  const { alice, bob, hub } = await scene(t, server)
  const [carol] = (await clients(t, 1)) as [TestClient]
  const [theirs] = await talkOf(bob, carol)
  const accepting = acceptNext(alice)
  await theirs.invite(alice.user.username)
  const ours = await accepting
  hub.drop()
  t.equal((await ours.send('to carol too, whose certificate is to be asked for')).sealed, true)
})

t.test('a replaced key is sealed for when a person has compared it', async (t) => {
  const [alice, bob, ours, theirs] = await two(t)
  await ours.send('before')
  await payloadsUpTo(theirs, 'before')
  await alice.client.people.trust(bob.user.username, bob.user.fingerprint)
  t.equal((await ours.send('to the key that was compared')).sealed, true)
  await bob.client.account.renew({ keyPassword: 'another second password' })
  const { fingerprint } = bob.client
  while (!ours.members.some((member) => member.fingerprint === fingerprint)) await pause()
  await t.rejects(ours.send('secret'), { code: /cannot_seal|key_doubted/ }, 'before he told one, or after')
  await theirs.send('under the new key')
  await payloadsUpTo(ours, 'under the new key', 0)
  await t.rejects(ours.send('secret'), { code: 'key_doubted', message: /compare/ })
  await alice.client.people.trust(bob.user.username, fingerprint)
  t.equal((await ours.send('after')).sealed, true)
  t.match(await lastMessage(theirs, 'after'), { seal: 'sealed' })
  t.match(await payloadsUpTo(theirs, 'before', 0), ['before'], 'what he got before he can read still')
  await bob.client.close()
  const again = await reopen(t, bob.directory)
  t.match(await payloadsUpTo(again.client.conversation(ours.id), 'before', 0), ['before'], 'later too')
})

t.test('said again by another process, it is stored once', async (t) => {
  const [alice, , ours, theirs] = await two(t)
  const messageId = createMessageId()
  const { seq } = await ours.send('once', { messageId })
  await payloadsUpTo(theirs, 'once')
  await alice.client.close()
  const again = await reopen(t, alice.directory)
  await again.client.connect()
  const conversation = again.client.conversation(ours.id)
  t.match(await conversation.send('once', { messageId }), { seq, sealed: true })
  await t.rejects(conversation.send('something else', { messageId }), { code: 'message_conflict' })
})

t.test('what cannot be sealed as it is', async (t) => {
  const [, , ours] = await two(t)
  await t.rejects(ours.send('x'.repeat(50_000)), { code: 'message_unfit', message: /of 65536/ })
  await t.rejects(ours.send('\ud800'), { code: 'message_unfit' })
  t.equal((await ours.send('x'.repeat(45_000))).sealed, true)
})

t.test('a lying hub makes up nothing that looks sealed', async (t) => {
  const parties = await talk(await scene(t, server))
  const { ours, theirs, hub } = parties
  await theirs.send('honest')
  const stored = await lastMessage(ours, 'honest')
  t.equal(stored.seal, 'sealed')
  hub.lie = changed('message', () => ({ payload: 'made up', contentType: undefined }))
  await theirs.send('hidden')
  t.match(await lastMessage(ours, 'made up'), { seal: 'none' }, 'it is shown as what it is')
  hub.lie = changed('message', ({ payload = '' }) => ({ payload: payload.replace(/"tag":"..../, '"tag":"AAAA') }))
  await theirs.send('altered')
  hub.lie = (frame) => [frame]
  await theirs.send('after that')
  await payloadsUpTo(ours, 'after that', 0)
  const seals = (await ours.history()).flatMap((event) => (event.type === 'message' ? [event.seal] : []))
  t.same(seals, ['sealed', 'none', 'unreadable', 'sealed'])
})

t.test('what a lying hub shows again is not said again', async (t) => {
  const { ours, theirs, hub } = await talk(await scene(t, server))
  const held: Fields[] = []
  hub.lie = changed('message', ({ seq, at, ...event }) => ({ ...(held.push(event) > 1 ? held[0] : event), seq, at }))
  await theirs.send('pay him')
  await theirs.send('never shown')
  hub.lie = (frame) => [frame]
  await theirs.send('after that')
  await payloadsUpTo(ours, 'after that', 0)
  const said = (await ours.history()).flatMap((event) =>
    event.type === 'message' ? [[event.payload, event.seal]] : [],
  )
  t.same(said, [
    ['pay him', 'sealed'],
    ['pay him', 'repeated'],
    ['after that', 'sealed'],
  ])
})
