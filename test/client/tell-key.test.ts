import { randomUUID } from 'node:crypto'
import t from 'tap'
import { tellKey } from '../../src/client/live/tell-key.js'
import { LogState } from '../../src/client/log/state.js'
import { stateSealingKey } from '../../src/client/sealing/statement.js'
import { createInstallation, createParty, DAY, now } from './parties.js'

const installation = createInstallation()
const { pin } = installation
const [alice, before] = [createParty(installation, 'alice'), createParty(installation, 'alice')]

/** A conversation of alice, and what its log has of her key. */
function ledgerOf(said: object | undefined, standing = 'member') {
  const conversation = randomUUID()
  const log = { conversation, standing, lastSeq: 4, firstSeq: 1, former: {}, recovered: [], invitations: {} }
  const sealing = said ? { alice: said } : {}
  return { conversation, state: LogState.parse({ ...log, members: { alice: alice.fingerprint }, sealing }) }
}

t.test('who has another key says so wherever it is not known, though one conversation fails', async (t) => {
  const own = stateSealingKey(alice, pin)
  const at = (days: number) => new Date(now.getTime() - days * DAY).toISOString()
  const due = {
    broken: ledgerOf(stateSealingKey(before, pin)),
    other: ledgerOf(stateSealingKey(before, pin)),
    'told long ago, by a message that may be gone': ledgerOf({ ...own, isLater: true, at: at(8) }),
  }
  const quiet = [ledgerOf(own), ledgerOf({ ...own, isLater: true, at: at(6) }), ledgerOf(undefined)]
  const left = ledgerOf(stateSealingKey(before, pin), 'left')
  const told: string[] = []
  const live = {
    home: { credentials: { ...alice, notBefore: now, notAfter: now }, authorities: { pin }, now: () => now },
    send: async (ledger: object) => {
      told.push((ledger as typeof left).conversation)
      if (ledger === due.broken) throw new Error('the hub lied in it')
    },
  }
  await tellKey(live as never, [...Object.values(due), ...quiet, left])
  t.same(
    told,
    Object.values(due).map(({ conversation }) => conversation),
  )
})
