import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey } from '../../../src/client/keys.js'
import { conversationOf, type Party } from '../../support/handshake.js'
import { request } from '../../support/https.js'
import { connect } from '../../support/hub-client.js'
import { type Random, seeded } from '../../support/seeded.js'
import { asTestServer, serve, temporaryFolder } from '../../support/serve-process.js'
import type { TestServer } from '../../support/server.js'
import { registerUsers, type User } from '../../support/user.js'
import { Ledger } from './ledger.js'
import { keepAcknowledging, keepMeeting, keepRegistering, keepSending, keepStarting, register } from './load.js'
import { type Rebuilt, Stored } from './stored.js'

const KILLS = Number(process.env.HERMES_TEST_REPETITIONS ?? 20)
/** A kill comes so many milliseconds after the clients began, at most. */
const ALIVE_MS = 600
const SEED = Number(process.env.KILL_SEED ?? 20_260_301)
const PROGRESS = 10

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const
type Users = Readonly<Record<(typeof NAMES)[number], User>>

const ENVIRONMENT = {
  HERMES_REQUESTS_PER_SECOND: '0',
  HERMES_STARTS_PER_HOUR: '0',
  HERMES_OPEN_INVITATIONS_MAX: '0',
  HERMES_OPEN_INVITATIONS_TO_ONE_MAX: '0',
  HERMES_MEMBERSHIPS_MAX: '0',
}

/** All that goes on while the server lives; ends when it is gone. */
async function work(
  t: Test,
  server: TestServer,
  users: Users,
  ledger: Ledger,
  rooms: readonly string[],
  random: Random,
) {
  const party = async (user: User, device = 'default'): Promise<Party> => ({
    user,
    client: await connect(t, server, user, { device, acknowledge: device !== 'reader' }),
  })
  // A hash takes a while: by the time that the others are connected it is under way.
  const registering = keepRegistering(server, ledger, `user-${ledger.count('user')}-${ledger.unsureNames.size}`)
  const [alice, bob, carol, dave, erin, frank] = await Promise.all(NAMES.map((name) => party(users[name])))
  const reader = await party(users.bob, 'reader')
  if (!alice || !bob || !carol || !dave || !erin || !frank) throw new Error('somebody is not there')
  return [
    registering,
    keepSending(alice, ledger, rooms, random),
    keepSending(bob, ledger, rooms, random),
    keepStarting(carol, dave, ledger),
    keepMeeting(server, erin, frank, ledger),
    keepAcknowledging(reader, ledger),
  ]
}

/** What clients were answered since the look before holds, and the log and its projections agree. */
async function look(directory: string, ledger: Ledger, since: number, rebuilt: Rebuilt): Promise<void> {
  const stored = await Stored.copy(directory)
  try {
    for (const fact of ledger.facts.slice(since)) await stored.hold(fact)
    await stored.agree(ledger, rebuilt)
  } finally {
    stored.close()
  }
}

/** Whoever got no answer to `register` is there, or may register. */
async function checkUnsure(t: Test, server: TestServer, { unsureNames }: Ledger): Promise<void> {
  for (const username of [...unsureNames].slice(-20)) {
    const fetched = await request(`${server.identityUrl}/fetch/${username}`, { ca: server.rootPem })
    const csr = createCertificateRequest(await generateKey(), username)
    const registered = await register(server, username, csr)
    t.ok([200, 404].includes(fetched.status))
    t.equal(registered?.status, fetched.status === 200 ? 409 : 201, `${username} is whole, or not there at all`)
  }
}

/** What was answered last is answered again the same. */
async function checkRepeats(t: Test, server: TestServer, users: Users, { facts }: Ledger): Promise<void> {
  const start = facts.findLast((fact) => fact.what === 'start')
  const left = facts.findLast((fact) => fact.what === 'event' && fact.expected.type === 'left')
  if (start?.what !== 'start' || left?.what !== 'event') throw new Error('nothing was started or left')
  const [carol, frank] = [await connect(t, server, users.carol), await connect(t, server, users.frank)]
  const params = { requestId: start.requestId, participants: [{ certificate: users.dave.certificate }] }
  t.match(await carol.call('start', params), { conversation: start.conversation, seq: 1 })
  const again = await frank.call('leave', { conversation: left.conversation })
  t.ok(again.seq >= left.seq, 'he has left, perhaps once more without an answer')
  t.same(await frank.call('leave', { conversation: left.conversation }), again)
}

// Half a minute on an idle machine.
t.setTimeout(240_000 + KILLS * 4000)

t.test(`kill -9 at ${KILLS} random moments loses nothing that was answered (KILL_SEED=${SEED})`, async (t) => {
  const random = seeded(SEED)
  const directory = await temporaryFolder(t)
  const environment: Record<string, string> = { ...ENVIRONMENT }
  let running = await serve(t, { directory, environment })
  environment.HERMES_IDENTITY_PORT = new URL(running.identityUrl).port
  environment.HERMES_HUB_PORT = new URL(running.hubUrl).port
  const server = await asTestServer(running, directory)
  const users = await registerUsers(server, ...NAMES)
  const a = { user: users.alice, client: await connect(t, server, users.alice) }
  const b = { user: users.bob, client: await connect(t, server, users.bob) }
  const rooms = [await conversationOf(server, a, b), await conversationOf(server, a, b)]
  const [ledger, rebuilt] = [new Ledger(), new Map()]

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const since = ledger.facts.length
    const working = Promise.allSettled(await work(t, server, users, ledger, rooms, random))
    await setTimeout(random() * ALIVE_MS)
    running.child.kill('SIGKILL')
    t.match(await running.ended, { signal: 'SIGKILL', stderr: '' }, `kill ${kill}`)
    for (const one of await working) if (one.status === 'rejected') throw one.reason
    await look(directory, ledger, since, rebuilt)
    running = await serve(t, { directory, environment })
    if (kill % PROGRESS === 0) t.comment(`${kill} kills, ${ledger.facts.length} answers`)
  }

  await checkUnsure(t, server, ledger)
  await checkRepeats(t, server, users, ledger)
  running.child.kill('SIGTERM')
  t.match(await running.ended, { code: 0, stderr: '' })
  await look(directory, ledger, 0, new Map())
  for (const what of ['message', 'invited', 'joined', 'left', 'start', 'ack', 'user'] as const) {
    t.comment(`${what}: ${ledger.count(what)}`)
    t.ok(ledger.count(what) > 0, what)
  }
})
