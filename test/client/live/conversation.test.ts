import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Notice, ReadEvent } from '../../../src/client/index.js'
import { startServer } from '../../support/server.js'
import { acceptNext, clientOf, deviceOf, payloadsUpTo, reopen, type TestClient, talkOf, typesOf } from './clients.js'

const server = await startServer(t)

async function connected<N extends string>(t: Test, ...names: readonly N[]): Promise<Record<N, TestClient>> {
  const clients = await Promise.all(
    names.map(async (name) => {
      const client = await clientOf(t, server, name)
      await client.client.connect()
      return [name, client] as const
    }),
  )
  return Object.fromEntries(clients) as Record<N, TestClient>
}

const namesOf = (members: readonly { readonly username: string }[]) => members.map(({ username }) => username)

async function eventsUpTo(events: AsyncIterable<ReadEvent>, type: ReadEvent['type'], times = 1): Promise<ReadEvent[]> {
  const seen: ReadEvent[] = []
  for await (const event of events) {
    seen.push(event)
    if (seen.filter((one) => one.type === type).length === times) break
  }
  return seen
}

t.test('two people talk: invited, accepted, confirmed, and every message once and in order', async (t) => {
  const { alice, bob } = await connected(t, 'alice', 'bob')
  const [ours, theirs] = await talkOf(alice, bob)
  t.equal(ours.id, theirs.id)
  const members = [alice, bob].map(({ user: { username, fingerprint } }) => ({ username, fingerprint }))
  t.same(ours.members, members)
  t.same(theirs.members, members)
  const { seq, at } = await ours.send('one')
  t.match(at, /Z$/)
  await theirs.send('two', { contentType: 'text/plain' })
  await ours.send('three')
  t.same(await payloadsUpTo(ours, 'three'), ['one', 'two', 'three'])
  t.same(await payloadsUpTo(theirs, 'three'), ['one', 'two', 'three'])
  const history = await ours.history()
  t.same(typesOf(history), ['started', 'invited', 'accepted', 'joined', 'message', 'message', 'message'])
  t.match(history[4], { seq, at, payload: 'one', from: { username: 'alice', device: alice.client.device } })
  t.same(await ours.history({ before: 5, limit: 2 }), history.slice(2, 4))
  await t.rejects(ours.send('x'.repeat(65_537), { sealed: false }), { name: 'Refusal', code: 'invalid_request' })

  const told = theirs.signals()
  t.equal(await ours.signal('typing'), true)
  t.match((await told.next()).value, { payload: 'typing', from: { username: 'alice' } })

  const phone = await deviceOf(t, server, alice.user)
  await phone.client.connect()
  t.same(await phone.client.conversation(ours.id).history(), await ours.history(), 'a new device reads all of it')
})

t.test('several are invited at once, and each client follows who is in it', async (t) => {
  const clients = await connected(t, 'anna', 'ben', 'carl', 'dora', 'emil')
  const { anna, ...others } = clients
  const accepting = Object.values(others).map(acceptNext)
  const ours = await anna.client.start(Object.keys(others))
  const theirs = await Promise.all(accepting)
  const all = ['anna', 'ben', 'carl', 'dora', 'emil']
  await ours.send('all here')
  for (const conversation of [ours, ...theirs]) {
    await payloadsUpTo(conversation, 'all here')
    t.same(namesOf(conversation.members), all)
  }

  const [ben] = theirs
  await ben?.leave('enough')
  t.equal(ben?.standing, 'left')
  await t.rejects(async () => ben?.send('still here?'), { code: 'conversation_not_found' })
  const [left] = (await eventsUpTo(ours.events(), 'left')).slice(-1)
  t.match(left, { from: { username: 'ben' }, reason: 'left', text: 'enough' })
  t.same(namesOf(ours.members), ['anna', 'carl', 'dora', 'emil'])
  await ours.send('without ben')

  const again = acceptNext(clients.ben)
  await theirs[1]?.invite('ben')
  t.equal(await again, ben, 'who comes back is in the same conversation')
  t.equal(ben?.standing, 'member')
  await ours.send('with ben')
  t.same((await payloadsUpTo(ben ?? ours, 'with ben', 0)).slice(-2), ['all here', 'with ben'])
  t.same(namesOf(ben?.members ?? []), all)
})

t.test('an invitation comes to each of its ends', async (t) => {
  const { amy, bert } = await connected(t, 'amy', 'bert')
  const invitations = bert.client.invitations()
  const next = async () => {
    const { value } = await invitations.next()
    if (!value) throw new Error('there is no invitation')
    return value
  }
  const ours = await amy.client.start(['bert'])
  const [first] = ours.invitations
  const declined = await next()
  t.match(declined, { from: { username: 'amy', fingerprint: amy.user.fingerprint }, state: 'open', compared: false })
  t.equal(declined.change, null)
  await declined.decline('not now')
  t.equal(await first?.ended(), 'declined')
  t.same([declined.state, first?.state, ours.invitations], ['declined', 'declined', []])
  await t.rejects(declined.accept(), { code: 'invitation_ended' })

  const second = await ours.invite('bert')
  await t.rejects(ours.invite('bert'), { code: 'invitation_open' })
  const cancelled = await next()
  await second.cancel()
  t.equal(await second.ended(), 'cancelled')
  await t.rejects(cancelled.joined(), { code: 'invitation_ended', message: /cancelled/ })
  await t.rejects(second.cancel(), { code: 'invitation_ended' })

  const third = await ours.invite('bert', { attachment: 'Zmlyc3Q', autoConfirm: false })
  const accepted = await next()
  t.equal(accepted.attachment, 'Zmlyc3Q')
  await accepted.accept({ attachment: 'c2Vjb25k' })
  t.same(await third.accepted(), { attachment: 'c2Vjb25k' })
  t.equal(accepted.state, 'accepted')
  await third.confirm({ attachment: 'dGhpcmQ', commit: 'Y29tbWl0', epoch: 0 })
  const theirs = await accepted.joined()
  t.match(await theirs.history(), [{ type: 'joined', attachment: 'dGhpcmQ', commit: 'Y29tbWl0' }])
  t.equal(await third.ended(), 'joined')
})

t.test('what is unfinished when a program ends is finished by the next', async (t) => {
  const { ada, bill } = await connected(t, 'ada', 'bill')
  const ours = await ada.client.start(['bill'])
  await ada.client.close()
  const { value: shown } = await bill.client.invitations().next()
  await bill.client.close()
  const bills = await reopen(t, bill.directory)
  await t.rejects(async () => shown?.joined(), { code: 'link_ended' })
  const { value: invitation } = await bills.client.invitations().next()
  t.equal(invitation?.id, shown?.id, 'one that was not answered comes again')
  await bills.client.connect()
  await invitation?.accept()
  await bills.client.close()

  const adas = await reopen(t, ada.directory)
  await adas.client.connect()
  await eventsUpTo(adas.client.conversation(ours.id).events(), 'joined')
  const again = await reopen(t, bill.directory)
  await again.client.connect()
  t.same(namesOf(again.client.conversation(ours.id).members), ['ada', 'bill'])
})

t.test('an invitation whose answer was lost is the same when it is made again', async (t) => {
  const { alma, bram } = await connected(t, 'alma', 'bram')
  const ours = await alma.client.start(['bram'])
  const [sent] = ours.invitations
  await alma.client.close()
  const folder = join(alma.directory, 'invitations')
  const [name = ''] = await readdir(folder)
  const { answer, ...asked } = JSON.parse(await readFile(join(folder, name), 'utf8')) as { readonly answer: unknown }
  t.match(answer, { invitation: sent?.id })
  await writeFile(join(folder, name), JSON.stringify(asked))
  const { client } = await reopen(t, alma.directory)
  await client.connect()
  await Promise.all([acceptNext(bram), eventsUpTo(client.conversation(ours.id).events(), 'joined')])
  t.same(namesOf(client.conversation(ours.id).members), ['alma', 'bram'])
  t.same(await readdir(folder), [], 'what has ended is not kept')
})

t.test('a client that reads nothing falls behind by its disk alone', async (t) => {
  const { abe, bea } = await connected(t, 'abe', 'bea')
  const [ours, theirs] = await talkOf(abe, bea)
  // More than a window of 256 events or 1 MiB.
  const texts = Array.from({ length: 600 }, (_, index) => `${index} ${'x'.repeat(3000)}`)
  await Promise.all(texts.map((text) => ours.send(text)))
  await theirs.send('the end')
  t.same(await payloadsUpTo(theirs, 'the end'), [...texts, 'the end'])
  t.same(await payloadsUpTo(ours, 'the end'), [...texts, 'the end'])
  t.same(
    (await theirs.history({ limit: 3 })).map((event) => event.type === 'message' && event.payload.slice(0, 7)),
    ['598 xxx', '599 xxx', 'the end'],
  )
})

t.test('a fingerprint that changed is said before anybody is invited or accepted', async (t) => {
  const secrets = { password: 'a long server password', keyPassword: 'a second password' }
  const cleo = await clientOf(t, server, 'cleo', { password: secrets.password })
  const { dan } = await connected(t, 'dan')
  await cleo.client.connect()
  const [ours, theirs] = await talkOf(dan, cleo)
  await dan.client.people.trust('cleo', cleo.user.fingerprint)
  const recovering = await deviceOf(t, server, cleo.user)
  await recovering.client.recover({ username: 'cleo', ...secrets })
  const left = (await eventsUpTo(ours.events(), 'left')).at(-1)
  t.match(left, { reason: 'recovered', from: { username: 'cleo' } })
  t.equal(theirs.standing, 'member', 'the device that was shut out has heard of nothing')

  const change = { previous: cleo.user.fingerprint, current: recovering.client.fingerprint, wasCompared: true }
  await t.rejects(ours.invite('cleo'), { name: 'FingerprintChangedError', change })
  await recovering.client.connect()
  await recovering.client.start(['dan'])
  const { value: invitation } = await dan.client.invitations().next()
  t.match(invitation, { compared: false, change })
  await t.rejects(async () => invitation?.accept(), { code: 'fingerprint_changed' })
  await dan.client.people.trust('cleo', recovering.client.fingerprint)
  t.match(invitation, { compared: true, change: null })
  await invitation?.accept()
  t.same(namesOf((await invitation?.joined())?.members ?? []), ['cleo', 'dan'])
  const notices: Notice[] = []
  await dan.client.close()
  for await (const notice of dan.client.notices) if (notice.type === 'fingerprint_changed') notices.push(notice)
  t.match(notices, [{ change }])
})

t.test('somebody known who is a member under another key is told of when this user joins', async (t) => {
  const secrets = { password: 'a long server password', keyPassword: 'a second password' }
  const gil = await clientOf(t, server, 'gil', { password: secrets.password })
  const { eve, fred } = await connected(t, 'eve', 'fred')
  await fred.client.people.trust('gil', gil.user.fingerprint)
  const recovering = await deviceOf(t, server, gil.user)
  await recovering.client.recover({ username: 'gil', ...secrets })
  await recovering.client.connect()
  const [ours] = await talkOf(eve, { ...recovering, user: gil.user })
  const joined = acceptNext(fred)
  await ours.invite('fred')
  t.same(namesOf((await joined).members), ['eve', 'fred', 'gil'])
  const notices: Notice[] = []
  await fred.client.close()
  for await (const notice of fred.client.notices) if (notice.type === 'fingerprint_changed') notices.push(notice)
  const change = { username: 'gil', previous: gil.user.fingerprint, current: recovering.client.fingerprint }
  t.match(notices, [{ change: { ...change, how: 'unexplained', wasCompared: true } }])
})

t.test('a stay that has ended, of whose beginning nobody shows the members, is taken as far as it holds', async (t) => {
  const { hal, ida, jon } = await connected(t, 'hal', 'ida', 'jon')
  const conversation = await hal.client.start(['ida', 'jon'])
  const idas = await acceptNext(ida)
  const theirs = await acceptNext(jon)
  await idas.send('hello')
  await payloadsUpTo(theirs, 'hello')
  await idas.leave()
  await conversation.send('goodbye')
  await payloadsUpTo(theirs, 'goodbye')
  await theirs.leave()
  const tablet = await deviceOf(t, server, jon.user)
  await tablet.client.connect()
  await talkOf(hal, tablet)
  t.equal(tablet.client.link, 'connected')
  const notices: Notice[] = []
  await tablet.client.close()
  for await (const notice of tablet.client.notices)
    if (notice.type === 'refused' || notice.type === 'members_unverified') notices.push(notice)
  t.same(notices, [{ type: 'members_unverified', conversation: conversation.id }])
  const taken = tablet.client.conversation(conversation.id)
  t.equal(taken.standing, 'left')
  t.same(await taken.history(), await theirs.history())
})

t.test('the members of a stay that has ended are found where an invitation in it shows them', async (t) => {
  const { kay, lea, max, ned } = await connected(t, 'kay', 'lea', 'max', 'ned')
  const conversation = await kay.client.start(['lea', 'max'])
  await acceptNext(lea)
  const theirs = await acceptNext(max)
  const joined = acceptNext(ned)
  await conversation.invite('ned')
  await joined
  await conversation.send('hello')
  await payloadsUpTo(theirs, 'hello')
  await theirs.leave()
  const again = acceptNext(max)
  await conversation.invite('max')
  await again
  await conversation.send('welcome back')
  const tablet = await deviceOf(t, server, max.user)
  await tablet.client.connect()
  const taken = tablet.client.conversation(conversation.id)
  await payloadsUpTo(taken, 'welcome back')
  t.equal(taken.standing, 'member', 'who has come back is a member')
  t.same(namesOf(taken.members), ['kay', 'lea', 'max', 'ned'])
  await tablet.client.close()
  for await (const { type } of tablet.client.notices) t.notMatch(type, /refused|members_unverified/)
})

t.test('who has come back is a member on a new device, though his first stay cannot be verified', async (t) => {
  const { ole, pia, rex } = await connected(t, 'ole', 'pia', 'rex')
  const conversation = await ole.client.start(['pia', 'rex'])
  await acceptNext(pia)
  const theirs = await acceptNext(rex)
  await theirs.leave()
  const again = acceptNext(rex)
  await conversation.invite('rex')
  await again
  const tablet = await deviceOf(t, server, rex.user)
  await tablet.client.connect()
  const taken = tablet.client.conversation(conversation.id)
  t.equal(taken.standing, 'member')
  t.same(namesOf(taken.members), ['ole', 'pia', 'rex'])
  await conversation.send('welcome back')
  await payloadsUpTo(taken, 'welcome back')
})
