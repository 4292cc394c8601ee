import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { type Fault, type FaultyDisk, faultsFor, smallDisk } from '../support/faulty-disk.js'
import { acceptance, confirmation, conversationOf, type Party } from '../support/handshake.js'
import { type HttpAnswer, request } from '../support/https.js'
import { connect, type Fields, refusal, refusedUpgrade } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import { startServer, type TestServer } from '../support/server.js'
import { challenge, PASSWORD, registerUsers, type User } from '../support/user.js'

const DISK_BYTES = 8 * 1024 * 1024
/** More than fits on the disk. */
const SENDS_MAX = 400

interface Scene {
  readonly server: TestServer
  readonly alice: Party
  /** Acknowledges nothing. */
  readonly bob: Party
  readonly carol: Party
  readonly dave: User
  readonly conversation: string
  /** Of carol, by alice. */
  readonly invited: Fields
  /** What alice was answered, by seq. */
  readonly answered: Map<number, string>
  /** A message that was not stored. */
  lost: { readonly messageId: string; readonly payload: string } | null
}

async function party(t: Test, server: TestServer, user: User, acknowledge = true): Promise<Party> {
  return { user, client: await connect(t, server, user, { acknowledge }) }
}

async function sceneOn(t: Test, server: TestServer): Promise<Scene> {
  const users = await registerUsers(server, 'alice', 'bob', 'carol', 'dave')
  const [alice, bob, carol] = [
    await party(t, server, users.alice),
    await party(t, server, users.bob, false),
    await party(t, server, users.carol),
  ]
  const conversation = await conversationOf(server, alice, bob)
  await alice.client.call('invite', invitationOf(conversation, users.carol))
  const invited = await carol.client.event(({ type }) => type === 'invited')
  const rest = { dave: users.dave, conversation, invited, answered: new Map(), lost: null }
  return { server, alice, bob, carol, ...rest }
}

const invitationOf = (conversation: string, { username, fingerprint }: User) => ({
  conversation,
  username,
  fingerprint,
  challenge: challenge(),
})

/** Sends until the database has no more room; what is answered is written down. */
async function sendUntilRefused(scene: Scene): Promise<void> {
  const { alice, conversation, answered } = scene
  for (let n = 0; n < SENDS_MAX; n += 1) {
    const message = { messageId: randomUUID(), payload: `${n} ${'x'.repeat(30_000)}` }
    const sending = alice.client.call('send', { conversation, ...message })
    const seq = await sending.then(
      (result) => result.seq,
      () => null,
    )
    if (seq === null) {
      scene.lost = message
      return
    }
    answered.set(seq, message.payload)
  }
  throw new Error(`${SENDS_MAX} messages were stored on a disk that fails`)
}

function post({ server }: Scene, path: string, body: object): Promise<HttpAnswer> {
  return request(`${server.identityUrl}${path}`, { method: 'POST', ca: server.rootPem }, body)
}

const ready = ({ server }: Scene) => request(`${server.identityUrl}/health/ready`, { ca: server.rootPem })

async function registration(username: string) {
  const csr = createCertificateRequest(await generateKey(), username)
  return { username, password: PASSWORD, csr }
}

/** Everything that must be stored is refused, and can be tried again. */
async function nothingIsWritten(t: Test, scene: Scene): Promise<void> {
  const { server, alice, bob, carol, dave, conversation, invited } = scene
  const { invitation } = invited
  const calls: readonly (readonly [Party, method: string, params: object])[] = [
    [alice, 'send', { conversation, ...scene.lost }],
    [alice, 'start', { participants: [{ certificate: bob.user.certificate }] }],
    [alice, 'invite', invitationOf(conversation, dave)],
    [alice, 'cancel', { invitation }],
    [carol, 'accept', acceptance(server, carol.user, invited)],
    [carol, 'decline', { invitation }],
    [bob, 'leave', { conversation }],
    [bob, 'ack', { conversation, seq: 4 }],
  ]
  // All at once and one after another: as one commit, and as one for each.
  const together = await Promise.all(calls.map(([{ client }, method, params]) => refusal(client.call(method, params))))
  for (const [index, [{ client }, method, params]] of calls.entries())
    for (const failure of [together[index], await refusal(client.call(method, params))])
      t.match(failure, { code: 503, data: { code: 'unavailable', retryable: true } }, method)

  const message = { messageId: randomUUID(), payload: 'x'.repeat(30_000) }
  const answers: Readonly<Record<string, HttpAnswer>> = {
    'messages over REST': await alice.user.call('POST', `/conversations/${conversation}/messages`, message),
    register: await post(scene, '/register', await registration('erin')),
    'fetch-my': await post(scene, '/fetch-my', { username: 'alice', password: PASSWORD }),
    'a new device': await refusedUpgrade(server, alice.user, { device: 'phone' }),
    ready: await ready(scene),
  }
  for (const [what, answer] of Object.entries(answers))
    t.match([answer.status, answer.json()], [503, { code: 'unavailable' }], what)
}

/** Reads go on, on the connections that were there and on new ones of known devices. */
async function readsGoOn(t: Test, scene: Scene): Promise<void> {
  const { server, alice, bob, dave, conversation } = scene
  const [whole, seen] = [await history(alice, conversation), await history(bob, conversation)]
  t.same(seen, whole.slice(-seen.length), 'both read the same')
  t.match(await bob.client.call('members', { conversation }), { members: [{}, {}] })
  t.equal((await dave.call('GET', '/me')).status, 200)
  t.equal((await request(`${server.identityUrl}/fetch/bob`, { ca: server.rootPem })).status, 200)
  t.equal((await request(`${server.identityUrl}/health/live`, { ca: server.rootPem })).status, 200)
}

async function history({ client }: Party, conversation: string): Promise<readonly Fields[]> {
  const events: Fields[] = []
  for (let more = true; more; ) {
    const page = await client.call('history', { conversation, after: events.at(-1)?.seq ?? 0 })
    events.push(...page.events)
    more = page.more
  }
  return events
}

async function untilReady(scene: Scene): Promise<void> {
  while ((await ready(scene)).status !== 200);
}

/** The same requests on the same connections, as soon as there is room. */
async function everythingIsWrittenAgain(t: Test, scene: Scene): Promise<void> {
  const { server, alice, bob, carol, conversation, invited, answered } = scene
  const repeated = await alice.client.call('send', { conversation, ...scene.lost })
  t.notOk(repeated.duplicate, 'what was refused had not been stored')
  answered.set(repeated.seq, scene.lost?.payload ?? '')
  await carol.client.call('accept', acceptance(server, carol.user, invited))
  await bob.client.call('ack', { conversation, seq: 4 })
  t.equal((await post(scene, '/register', await registration('erin'))).status, 201)
  t.equal((await post(scene, '/fetch-my', { username: 'alice', password: PASSWORD })).status, 404, 'no key is kept')
  await connect(t, server, alice.user, { device: 'phone' })
}

async function confirmed({ server, alice, carol, conversation, invited }: Scene): Promise<void> {
  const { invitation } = invited
  const accepted = await alice.client.event((event) => event.type === 'accepted' && event.invitation === invitation)
  await alice.client.call('confirm', confirmation(server, alice.user, invited, accepted))
  await carol.client.event(({ type, conversation: of }) => type === 'joined' && of === conversation)
}

/** The log is what was answered, and every member was given it. */
async function nothingIsMissing(t: Test, { alice, bob, conversation, answered }: Scene): Promise<void> {
  const log = await history(alice, conversation)
  t.equal(
    log.findIndex(({ seq }, index) => seq !== index + 1),
    -1,
    'no hole',
  )
  const stored = log.filter(({ type }) => type === 'message').map(({ seq, payload }) => [seq, payload] as const)
  t.same(new Map(stored), answered)
  const reading = await bob.client.call('history', { conversation, after: log.length - 1 })
  t.equal(reading.lastSeq, log.length)
}

/** The whole story: the disk fails under a running server and is mended, and nobody is cut off. */
async function failsAndIsMended(t: Test, scene: Scene, disk: FaultyDisk): Promise<void> {
  t.equal((await ready(scene)).status, 200)
  await disk.fail()
  await sendUntilRefused(scene)
  t.equal((await ready(scene)).status, 503, 'after the first refusal')
  await nothingIsWritten(t, scene)
  await readsGoOn(t, scene)
  await disk.mend()
  await untilReady(scene)
  await everythingIsWrittenAgain(t, scene)
  await confirmed(scene)
  await nothingIsMissing(t, scene)
  for (const { client, user } of [scene.alice, scene.bob, scene.carol])
    t.equal(client.closed, null, `${user.username} stayed connected`)
}

// A server of its own process takes seconds to start, and more where a machine has other work.
t.setTimeout(240_000)

t.test('a disk that is full', async (t) => {
  const folder = await temporaryFolder(t)
  const disk = await smallDisk(t, folder, DISK_BYTES)
  if (disk === null) return void t.pass('not mounted', { skip: 'this user may not mount a file system' })
  const server = await startServer(t, { HERMES_DATABASE_URL: `file:${join(folder, 'hermes.db')}` })
  await failsAndIsMended(t, await sceneOn(t, server), disk)
})

const ENVIRONMENT = { HERMES_REQUESTS_PER_SECOND: '0', HERMES_DRAIN_SECONDS: '0', HERMES_LOG_LEVEL: 'silent' }

const FAULTS: Readonly<Record<string, Fault>> = {
  'that has become read-only': { code: 'EROFS', of: 'write', after: 0 },
  'that fails in the middle of a commit': { code: 'EIO', of: 'write', after: 3 },
  'that does not sync': { code: 'EIO', of: 'sync', after: 0 },
}

for (const [what, fault] of Object.entries(FAULTS))
  t.test(`a disk ${what}`, async (t) => {
    const directory = await temporaryFolder(t)
    const folder = join(directory, 'data')
    await mkdir(folder)
    const faults = await faultsFor(folder, directory)
    if (faults === null) return void t.pass('not preloaded', { skip: 'there is no C compiler' })
    const environment = { ...ENVIRONMENT, ...faults.environment }
    const running = await serve(t, { directory, environment })
    const server = await asTestServer(running, directory)
    await failsAndIsMended(t, await sceneOn(t, server), faults.disk(fault))
    running.child.kill('SIGTERM')
    t.match(await running.ended, { code: 0 })
  })
