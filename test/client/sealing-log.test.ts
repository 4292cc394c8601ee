import { randomUUID } from 'node:crypto'
import t from 'tap'
import { applyEvent, begin, type NumberedEvent } from '../../src/client/log/apply.js'
import { saidBy } from '../../src/client/log/sealing.js'
import { LogState } from '../../src/client/log/state.js'
import { attachmentOf, STATEMENT_TYPE, stateSealingKey } from '../../src/client/sealing/statement.js'
import { joinedBy } from './joined.js'
import { createInstallation, createParty, now, type TestParty } from './parties.js'

const installation = createInstallation()
const { pin } = installation
const party = (name: string) => createParty(installation, name)
const [alice, bob, carol, ghost] = [party('alice'), party('bob'), party('carol'), party('ghost')]
const of = ({ username, fingerprint }: TestParty) => ({ username, fingerprint })
const said = (one: TestParty) => stateSealingKey(one, pin)
const conversation = randomUUID() as LogState['conversation']
const verifier = { pin, username: 'alice', sealing: said(alice) }

/** Alice and bob, who seal for each other, as the device of alice has it. */
const state = LogState.parse({
  conversation,
  standing: 'member',
  lastSeq: 4,
  firstSeq: 1,
  members: { alice: alice.fingerprint, bob: bob.fingerprint },
  former: {},
  recovered: [],
  invitations: {},
  sealing: { alice: said(alice), bob: said(bob) },
  isSealed: true,
})
const common = { conversation, at: now.toISOString() }

async function after(start: LogState, ...events: readonly object[]): Promise<LogState> {
  let known = start
  for (const event of events)
    known = (await applyEvent(known, verifier, { ...common, ...event, seq: known.lastSeq + 1 } as NumberedEvent)).state
  return known
}
const statement = (from: TestParty, of = from) => ({
  ...{ type: 'message', messageId: randomUUID(), contentType: STATEMENT_TYPE, payload: JSON.stringify(said(of)) },
  from: { username: from.username, fingerprint: from.fingerprint },
})
const renewal = (from: TestParty, to: TestParty) => ({
  ...{ type: 'renewed', from: of(to), certificate: to.certificate, previous: from.fingerprint },
})
const join = (inviter: TestParty, member: TestParty, members: readonly TestParty[], more: object = {}) =>
  joinedBy(installation, inviter, member, {
    ...{ conversation, seq: 5, members: members.map(of), commit: attachmentOf([said(member)]), ...more },
  })

t.test('what the log tells to seal for', async (t) => {
  t.match(state, { sealing: { alice: { isLater: false } }, isSealed: true })
  const bare = {
    ...state,
    isSealed: false,
    members: { alice: alice.fingerprint },
    sealing: { alice: state.sealing.alice },
  }
  const start = LogState.parse(bare)
  t.match(await after(start, join(alice, bob, [alice])), { sealing: { bob: { isLater: false } }, isSealed: true })
  const none = await after(start, join(alice, bob, [alice], { commit: undefined }))
  t.match(none, { sealing: { bob: undefined }, isSealed: false })
  t.match(await after(start, join(alice, bob, [alice], { commit: attachmentOf([said(carol)]) })), {
    sealing: { carol: undefined, bob: undefined },
  })
  const off = { ...said(bob), key: Buffer.alloc(65, 4).toString('base64url') }
  const commit = attachmentOf([off])
  t.match(await after(start, join(alice, bob, [alice], { commit })), { sealing: { bob: undefined } }, 'no point')
  const other = party('bob')
  t.match(await after(state, statement(bob, other)), { sealing: { bob: { isLater: true, at: common.at } } })
  t.same((await after(state, statement(alice, bob))).sealing, state.sealing, 'not for somebody else')
  t.match(await after(state, statement(bob)), { sealing: { bob: { isLater: false } } }, 'the same again')
  const plain = { ...statement(bob), contentType: 'text/plain' }
  t.equal(saidBy({ ...common, seq: 5, ...plain } as never, state), state)
})

t.test('who was told of whom, the hub can neither leave out nor add', async (t) => {
  const mine = { attachment: attachmentOf([said(bob)]), commit: attachmentOf([said(alice)]) }
  const own = join(bob, alice, [bob], mine) as NumberedEvent
  const first = { members: [of(bob)], isPartial: false }
  t.match((await begin(verifier, own, first)).state, { isSealed: true, sealing: { bob: { isLater: false } } })
  const lies = [
    { attachment: undefined },
    { attachment: attachmentOf([]) },
    { attachment: attachmentOf([said(carol)]) },
  ]
  for (const lie of lies) await t.rejects(begin(verifier, { ...own, ...lie }, first), { code: 'attachment_altered' })

  const replaced = party('bob')
  const forged = await after(state, renewal(bob, replaced), statement(replaced))
  t.match(forged, { sealing: { bob: { key: said(replaced).key, isLater: true } } })
  const told = { ...join(alice, carol, [alice, replaced]), attachment: attachmentOf([said(replaced)]) }
  t.match(await after(forged, told), { sealing: { bob: { isLater: true } } }, 'what is not for this user is not read')
})

t.test('who comes later, or again, goes on to seal', async (t) => {
  const first = { members: [of(bob), of(carol)], isPartial: false }
  const join_ = async (isSealed: boolean, earlier: LogState | null = null) => {
    const mine = { attachment: attachmentOf([said(bob)], isSealed), commit: attachmentOf([said(alice)]) }
    return (await begin(verifier, join(bob, alice, [bob, carol], mine), first, earlier)).state
  }
  t.match(await join_(true), { isSealed: true, sealing: { carol: undefined } }, 'though carol told no key')
  t.match(await join_(false), { isSealed: false })
  t.match(await join_(false, { ...state, standing: 'left' }), { isSealed: true }, 'as it was in an earlier stay')
  const doubted = attachmentOf([said(bob), { ...said(carol), isLater: true }])
  const own = join(bob, alice, [bob, carol], { attachment: doubted, commit: attachmentOf([said(alice)]) })
  const { sealing } = (await begin(verifier, own, first)).state
  t.match(sealing, { bob: { isLater: false }, carol: { isLater: true } }, 'what the inviter has not compared')
})

t.test('whoever is brought in by somebody whom the hub may have certified is to be compared', async (t) => {
  const [bob2, alice2] = [party('bob'), party('alice')]
  const cases = [
    [
      'under another certificate than the log has',
      [join(bob2, ghost, [alice, bob2], { confirmed: [alice, bob].map(of) })],
    ],
    ['after a renewal with another key', [renewal(bob, bob2), join(bob2, ghost, [alice, bob2])]],
    ['who told a key for it', [renewal(bob, bob2), statement(bob2), join(bob2, ghost, [alice, bob2])]],
    ['as if this user had renewed', [renewal(alice, alice2), join(alice2, ghost, [alice2, bob])]],
  ] as const
  for (const [what, events] of cases)
    t.match(await after(state, ...events), { sealing: { ghost: { isLater: true } } }, what)
  const renewed = createParty(installation, 'bob', [-1, 30], bob.key)
  const honest = [
    ['a member', [join(bob, carol, [alice, bob])]],
    ['one who renewed with his key', [renewal(bob, renewed), join(renewed, carol, [alice, renewed])]],
    [
      'the same, by an invitation of before',
      [renewal(bob, renewed), join(bob, carol, [alice, bob], { confirmed: [alice, renewed].map(of) })],
    ],
  ] as const
  for (const [what, events] of honest)
    t.match(await after(state, ...events), { sealing: { carol: { isLater: false } } }, what)
})
