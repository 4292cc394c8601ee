import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createIdentityClient } from '../../src/client/identity-client.js'
import { applyEvent, begin, NOBODY, type NumberedEvent } from '../../src/client/log/apply.js'
import { membersBefore } from '../../src/client/log/before.js'
import { type LogState, membersOf } from '../../src/client/log/state.js'
import { HistoryResult } from '../../src/wire/operations.js'
import { conversationOf } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

t.test('a log is taken as it is, and every lie about it is found', async (t) => {
  const server = await startServer(t)
  const users = await registerUsers(server, 'alice', 'bob', 'carol', 'mallory')
  const partyOf = async (name: keyof typeof users) => ({
    user: users[name],
    client: await connect(t, server, users[name]),
  })
  const [alice, bob, carol] = [await partyOf('alice'), await partyOf('bob'), await partyOf('carol')]
  const conversation = await conversationOf(server, alice, bob)
  await alice.client.call('send', { conversation, messageId: randomUUID(), payload: 'one' })
  const { username, fingerprint } = carol.user
  const challenge = Buffer.alloc(32, 7).toString('base64url')
  const { invitation } = await bob.client.call('invite', { conversation, username, fingerprint, challenge })
  await bob.client.call('cancel', { invitation })
  await bob.client.call('leave', { conversation })
  const page = HistoryResult.parse(await alice.client.call('history', { conversation, after: 0 }))
  const events = page.events as readonly NumberedEvent[]
  const pin = await createIdentityClient({ url: server.identityUrl, rootPem: server.rootPem }).pin(
    server.rootFingerprint,
  )
  const verifier = { pin, username: 'alice' }

  /** The state before the first event of a type, and that event. */
  async function upTo(type: NumberedEvent['type']): Promise<{ state: LogState; event: NumberedEvent }> {
    const [first, ...rest] = events
    if (!first) throw new Error('there are no events')
    let { state } = await begin(verifier, first, NOBODY)
    for (const event of rest) {
      if (event.type === type) return { state, event }
      state = (await applyEvent(state, verifier, event)).state
    }
    throw new Error(`there is no ${type}`)
  }
  async function lie(type: NumberedEvent['type'], change: object): Promise<unknown> {
    const { state, event } = await upTo(type)
    return applyEvent(state, verifier, { ...event, ...change })
  }

  await t.test('the honest log', async (t) => {
    const { state, event } = await upTo('left')
    t.same(
      membersOf(state).map(({ username }) => username),
      ['alice', 'bob'],
    )
    const end = (await applyEvent(state, verifier, event)).state
    t.same(membersOf(end), [{ username: 'alice', fingerprint: users.alice.fingerprint }])
    t.same(end.former, { bob: users.bob.fingerprint })
    t.same(end.invitations, {}, 'what ended is no longer open')
    t.same(membersBefore(membersOf(end), [event]), membersOf(state))
    const joined = await upTo('joined')
    t.match((await applyEvent(joined.state, verifier, joined.event)).seen, [{ username: 'alice' }, { username: 'bob' }])
  })

  const mallory = { username: 'mallory', fingerprint: users.mallory.fingerprint }
  const LIES = [
    ['an event of another conversation', 'message', { conversation: randomUUID() }, 'wrong_conversation'],
    ['a message of somebody who is no member', 'message', { from: mallory }, 'event_forged'],
    ['the departure of somebody who is no member', 'left', { from: mallory }, 'event_forged'],
    ['an end by somebody else', 'cancelled', { from: mallory }, 'event_forged'],
    ['an acceptance by somebody else', 'accepted', { from: mallory }, 'event_forged'],
    [
      'another certificate of the inviter',
      'invited',
      { certificate: users.mallory.certificate },
      'certificate_swapped',
    ],
    ['a member hidden from a roster', 'invited', { members: [] }, 'roster_mismatch'],
    [
      'a member without signatures',
      'joined',
      { member: { ...mallory, certificate: users.mallory.certificate } },
      'membership_forged',
    ],
  ] as const
  for (const [what, type, change, code] of LIES)
    await t.test(what, (t) => t.rejects(lie(type, change), { name: 'VerificationError', code }))

  await t.test('a renewal of what is not in the log, and by a certificate that is not his', async (t) => {
    const { state, event } = await upTo('message')
    const { seq, at } = event
    const renewal = { conversation, seq, at, type: 'renewed', from: mallory, certificate: users.mallory.certificate }
    const apply = (change: object) => applyEvent(state, verifier, { ...renewal, ...change } as NumberedEvent)
    await t.rejects(apply({ previous: mallory.fingerprint }), { code: 'event_forged' })
    const from = { ...mallory, username: 'bob' }
    await t.rejects(apply({ from, previous: mallory.fingerprint }), { code: 'certificate_swapped' })
    await t.rejects(apply({ from, previous: users.bob.fingerprint }), { code: 'certificate_swapped' })
  })
})

t.test('where not all members are known, whoever acts is one, till he leaves', async (t) => {
  const conversation = randomUUID() as LogState['conversation']
  const party = (username: string) => ({ username, fingerprint: `sha256:${username.charCodeAt(0)}`.padEnd(71, '0') })
  const at = new Date().toISOString()
  const common = { conversation, at }
  const says = (seq: number, username: string) =>
    ({ ...common, seq, type: 'message', from: party(username), messageId: randomUUID(), payload: 'x' }) as NumberedEvent
  const state: LogState = {
    conversation,
    standing: 'member',
    lastSeq: 1,
    firstSeq: 1,
    members: { me: party('me').fingerprint },
    former: {},
    recovered: [],
    invitations: {},
    isPartial: true,
    sealing: {},
    isSealed: false,
  }
  const verifier = { pin: {} as Parameters<typeof begin>[0]['pin'], username: 'me' }
  const said = await applyEvent(state, verifier, says(2, 'ida'))
  t.same(membersOf(said.state), [party('ida'), party('me')])
  const left = { ...common, seq: 3, type: 'left', from: party('ida'), reason: 'left' } as NumberedEvent
  const gone = await applyEvent(said.state, verifier, left)
  t.same(membersOf(gone.state), [party('me')])
  await t.rejects(applyEvent(gone.state, verifier, says(4, 'ida')), { code: 'event_forged' })
  const { isPartial, ...whole } = state
  await t.rejects(applyEvent(whole, verifier, says(2, 'ida')), { code: 'event_forged' })
})
