import { generateKeyPairSync, randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Home } from '../../../src/client/home.js'
import type { Connection } from '../../../src/client/hub-client.js'
import { LEDGERS_MAX, Ledgers } from '../../../src/client/live/ledgers.js'
import { parseLogEvent } from '../../../src/client/live/log-event.js'
import type { Notice } from '../../../src/client/notices.js'
import { refusalFromHttp } from '../../../src/client/refusal.js'
import { temporaryFolder } from '../../support/serve-process.js'

const from = { username: 'alice', fingerprint: `sha256:${'ab'.repeat(32)}` }
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const common = () => ({ conversation: randomUUID(), at: new Date().toISOString(), from })
const message = () =>
  parseLogEvent({ ...common(), type: 'message', seq: 5, messageId: randomUUID(), payload: 'of a conversation made up' })
const started = () => parseLogEvent({ ...common(), type: 'started', seq: 1, participants: [] })

/** Of alice, whose hub knows none of what it pushes. */
async function ledgersOf(t: Test, limits = LEDGERS_MAX) {
  const told: Notice[] = []
  const state = { path: await temporaryFolder(t) }
  const authorities = { verified: (attempt: (pin: object) => unknown) => attempt({}) }
  const home = {
    state,
    authorities,
    credentials: { ...from, key: KEY },
    notices: { tell: (notice: Notice) => told.push(notice) },
  }
  const options = { home: home as unknown as Home, checkJoined: async () => undefined, saw: () => undefined }
  const ledgers = new Ledgers(options, limits)
  await ledgers.recall()
  const call = async () => {
    throw refusalFromHttp(404, '', undefined)
  }
  return { ledgers, told, hub: { call, acknowledgeUpTo: () => undefined } as unknown as Connection }
}

t.test('conversations that a hub makes up are bounded', async (t) => {
  const { ledgers, told, hub } = await ledgersOf(t)
  await ledgers.take(Array.from({ length: LEDGERS_MAX.unbegun }, message), hub)
  t.equal(told.length, LEDGERS_MAX.unbegun)
  t.match(told[0], { type: 'refused', error: { code: 'event_missing' } })
  const expected = { name: 'VerificationError', code: 'answer_invalid', message: /256 conversations/ }
  await t.rejects(ledgers.take([message()], hub), expected)
  t.equal(told.length, LEDGERS_MAX.unbegun)
})

t.test('conversations that begin are bounded too', async (t) => {
  const { ledgers, told, hub } = await ledgersOf(t, { unbegun: 1, begun: 3 })
  await ledgers.take([started(), started(), started()], hub)
  t.equal(ledgers.known.length, 3)
  await t.rejects(ledgers.take([started()], hub), { code: 'directory_full', message: /3 conversations.*log in/ })
  t.same(told, [])
})
