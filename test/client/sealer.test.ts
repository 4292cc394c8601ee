import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Contacts } from '../../src/client/contacts.js'
import type { Home } from '../../src/client/home.js'
import { Opener } from '../../src/client/live/opener.js'
import { Sealer } from '../../src/client/live/sealer.js'
import { LogState } from '../../src/client/log/state.js'
import { SEALED_TYPE } from '../../src/client/sealing/sealed-message.js'
import { stateSealingKey } from '../../src/client/sealing/statement.js'
import { createInstallation, createParty, now, type TestParty } from './parties.js'

const installation = createInstallation()
const { pin } = installation
const party = (name: string, life?: readonly [number, number]) => createParty(installation, name, life)
const [alice, bob, carol] = [party('alice'), party('bob'), party('carol')]
const shown = ({ username, fingerprint, certificate }: TestParty) => ({ username, fingerprint, certificate })

/** What a client of `self` remembers, without a server. */
function homeOf(self: TestParty) {
  const contacts = new Contacts({}, async () => undefined)
  const home = {
    contacts,
    authorities: { pin, verified: async (attempt: (with_: typeof pin) => unknown) => attempt(pin) },
    credentials: { ...self, notBefore: now, notAfter: now },
    notices: { tell: () => undefined },
    state: { earlierSealingKeys: { read: async () => null } },
    now: () => now,
  }
  return { home: home as unknown as Home, contacts }
}

/** A conversation whose members have told their keys; those in `later` by a message. */
function stateOf(members: readonly TestParty[], later: readonly TestParty[] = []): LogState {
  const sealing = members.map((one) => [one.username, { ...stateSealingKey(one, pin), isLater: later.includes(one) }])
  return LogState.parse({
    ...{ conversation: randomUUID(), standing: 'member', lastSeq: 4, firstSeq: 1, former: {}, recovered: [] },
    members: Object.fromEntries(members.map(({ username, fingerprint }) => [username, fingerprint])),
    invitations: {},
    sealing: Object.fromEntries(sealing),
    isSealed: true,
  })
}

const seal = (home: Home, state: LogState, hub: readonly TestParty[], content: object = {}) =>
  new Sealer(home, async () => hub.map(shown)).seal(state, randomUUID(), { payload: 'secret', ...content }, undefined)

t.test(
  'where the hub shows another key than the one remembered, not even the first message is sealed for it',
  async (t) => {
    const { home, contacts } = homeOf(alice)
    await contacts.trust(shown(bob), now)
    const forged = party('bob')
    const state = stateOf([alice, carol, forged])
    await t.rejects(seal(home, state, [alice, carol, forged]), { code: 'fingerprint_changed' })
    await t.rejects(seal(home, state, [alice, carol, forged]), { code: 'fingerprint_changed' }, 'nor the next')
  },
)

t.test(
  'a key that was replaced by the word of the hub is compared first, whatever conversation it is in',
  async (t) => {
    const { home, contacts } = homeOf(alice)
    await contacts.trust(shown(bob), now)
    const forged = party('bob')
    await contacts.see(shown(forged), 'renewed', now, bob.fingerprint)
    const state = stateOf([alice, forged])
    await t.rejects(seal(home, state, []), { code: 'key_doubted', message: /compare/ })
    const renewed = createParty(installation, 'bob', [0, 30], forged.key)
    await contacts.see(shown(renewed), 'renewed', now, forged.fingerprint)
    await t.rejects(seal(home, stateOf([alice, renewed]), []), { code: 'key_doubted' }, 'nor is the same key again')
    await contacts.trust(shown(forged), now)
    t.match(await seal(home, state, []), { contentType: SEALED_TYPE })
  },
)

t.test('a content type that is none is refused, sealed too', async (t) => {
  const { home } = homeOf(alice)
  await t.rejects(seal(home, stateOf([alice, bob]), [bob], { contentType: 'zwölf' }), { code: 'message_unfit' })
})

t.test('who does not renew any more is sealed for still', async (t) => {
  const { home } = homeOf(alice)
  const gone = party('bob', [-40, -10])
  t.match(await seal(home, stateOf([alice, gone]), [gone]), { contentType: SEALED_TYPE })
})

t.test('what the hub says in the name of somebody whose key it replaced does not look like his', async (t) => {
  const forged = party('bob')
  const read = async (
    { home }: ReturnType<typeof homeOf>,
    from: TestParty,
    state: LogState,
    { named, ...known }: { readonly named?: string; readonly sealing?: LogState['sealing'] } = {},
  ) => {
    const [messageId, conversation] = [randomUUID(), state.conversation]
    const sender = homeOf(from)
    const said = await new Sealer(sender.home, async () => [shown(alice)]).seal(
      state,
      messageId,
      { payload: 'x' },
      true,
    )
    const { username, fingerprint } = from
    const by = { username, fingerprint: named ?? fingerprint }
    const event = { type: 'message', seq: 5, at: now.toISOString(), from: by, ...said }
    return new Opener(home).open({ ...event, conversation, messageId } as never, {
      state: { ...state, ...known },
      journal: { isRepeated: () => false },
    })
  }
  const [known, new_] = [homeOf(alice), homeOf(alice)]
  await known.contacts.trust(shown(bob), now)
  t.match(await read(known, bob, stateOf([alice, bob])), { seal: 'sealed' })
  await known.contacts.see(shown(forged), 'renewed', now, bob.fingerprint)
  t.match(await read(known, forged, stateOf([alice, forged])), { payload: 'x', seal: 'other_key' })
  await known.contacts.trust(shown(forged), now)
  t.match(await read(known, forged, stateOf([alice, forged])), { seal: 'sealed' })

  const carol2 = createParty(installation, 'carol', [0, 30], carol.key)
  const renewed = await read(homeOf(alice), carol, stateOf([alice, carol2]), { named: carol2.fingerprint })
  t.match(renewed, { seal: 'sealed', from: { fingerprint: carol.fingerprint } }, 'renewed while it was on its way')
  t.match(await read(new_, carol, stateOf([alice, carol])), { seal: 'sealed' }, 'whom nobody knows otherwise')
  t.match(await read(new_, carol, stateOf([alice, carol], [carol])), { seal: 'other_key' })
  await new_.contacts.see(shown(forged), 'renewed', now, bob.fingerprint)
  const { sealing } = stateOf([alice, bob])
  t.match(await read(new_, forged, stateOf([alice, forged]), { sealing }), { seal: 'other_key' }, 'nor at first sight')
})
