import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey } from '../../../src/client/keys.js'
import { byPassword, fetched, under } from '../../support/account.js'
import { conversationOf } from '../../support/handshake.js'
import { request } from '../../support/https.js'
import { connect, type Fields } from '../../support/hub-client.js'
import { seeded } from '../../support/seeded.js'
import { asTestServer, serve, temporaryFolder } from '../../support/serve-process.js'
import type { TestServer } from '../../support/server.js'
import { registerUser, type User } from '../../support/user.js'

const KILLS = Number(process.env.HERMES_TEST_REPETITIONS ?? 3)
const SEED = Number(process.env.KILL_SEED ?? 20_270_102)
/** A kill comes so many milliseconds after the requests, at most: some before, some behind their commits. */
const ALIVE_MS = 250

/** A request for a new key of a user, and its answer if there was one. */
interface Asked {
  readonly user: User
  readonly key: User['key']
  readonly csr: string
  answer: Awaited<ReturnType<User['call']>> | null
}

async function ask(user: User, send: (csr: string) => Promise<Asked['answer']>): Promise<Asked> {
  const key = await generateKey()
  const csr = createCertificateRequest(key, user.username)
  const asked: Asked = { user, key, csr, answer: null }
  asked.answer = await unlessKilled(send(csr))
  return asked
}

async function unlessKilled(sent: Promise<Asked['answer']>): Promise<Asked['answer']> {
  return sent.catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error // no error of the socket: the answer was wrong
    return null
  })
}

/** An answered renewal holds; one without answer is there whole or not at all, and can be asked for again. */
async function checkRenewal(t: Test, server: TestServer, { user, key, csr, answer }: Asked) {
  const before = (await fetched(server, user)).fingerprint
  if (answer) t.equal(before, answer.json().fingerprint, 'what was answered holds')
  const again = await user.call('POST', '/renew', { csr })
  const next = under(server, user, key, again)
  if (before !== user.fingerprint) t.equal(next.fingerprint, before, 'the same request gets the first answer')
  t.equal((await next.call('GET', '/me')).status, 200)
}

/** Whether the recovery is stored or not: membership and certificate go together. */
async function checkRecovery(t: Test, server: TestServer, reader: User, conversation: string, asked: Asked) {
  const { user, key, answer } = asked
  const { fingerprint } = await fetched(server, user)
  const isRecovered = fingerprint !== user.fingerprint
  if (answer) t.ok(isRecovered, 'what was answered holds')
  const path = `/conversations/${conversation}/members`
  if (!isRecovered) return void t.equal((await user.call('GET', path)).status, 200, 'nothing has changed')
  const answered = await request(`${server.identityUrl}/fetch/${user.username}`, { ca: server.rootPem })
  const thief = under(server, user, key, { ...answered, status: 201 })
  t.equal((await thief.call('GET', path)).status, 404, 'nothing of the old stay is open to the new certificate')
  t.equal((await user.call('GET', path)).json().code, 'certificate_revoked')
  const { events } = (await reader.call('GET', `/conversations/${conversation}/events?after=0`)).json<{
    events: Fields[]
  }>()
  t.match(events.at(-1), { type: 'left', reason: 'recovered', from: { username: user.username } })
}

async function checkRevocation(t: Test, server: TestServer, user: User, answer: Asked['answer']) {
  const { status } = await fetched(server, user)
  if (answer) t.equal(status, 'revoked', 'what was answered holds')
  const code = (await user.call('GET', '/me')).json().code
  t.equal(code, status === 'revoked' ? 'certificate_revoked' : undefined)
}

t.test(`kill -9 around renewals, recoveries and revocations, ${KILLS} times (KILL_SEED=${SEED})`, async (t) => {
  t.setTimeout(30_000 * KILLS + 60_000)
  const random = seeded(SEED)
  const directory = await temporaryFolder(t)
  const environment: Record<string, string> = { HERMES_CERTIFICATES_PER_HOUR: '0' }
  let running = await serve(t, { directory, environment })
  environment.HERMES_IDENTITY_PORT = new URL(running.identityUrl).port
  environment.HERMES_HUB_PORT = new URL(running.hubUrl).port
  const server = await asTestServer(running, directory)
  const alice = await registerUser(server, 'alice')
  const seen = { answered: 0, unanswered: 0 }

  for (let round = 0; round < KILLS; round += 1) {
    const [renewing, recovering, revoking] = [
      await registerUser(server, `renewing-${round}`),
      await registerUser(server, `recovering-${round}`),
      await registerUser(server, `revoking-${round}`),
    ]
    const parties = [alice, recovering].map(async (user) => ({ user, client: await connect(t, server, user) }))
    const [a, b] = await Promise.all(parties)
    if (!a || !b) throw new Error('two connect')
    const conversation = await conversationOf(server, a, b)

    const asked = Promise.all([
      ask(renewing, (csr) => renewing.call('POST', '/renew', { csr })),
      ask(recovering, (csr) => byPassword(server, recovering, '/recover', { csr })),
      unlessKilled(revoking.call('POST', '/revoke', { reason: 'superseded' })),
    ])
    await setTimeout(random() * ALIVE_MS)
    running.child.kill('SIGKILL')
    t.match(await running.ended, { signal: 'SIGKILL', stderr: '' }, `kill ${round + 1}`)
    const [renewal, recovery, revocation] = await asked
    for (const answer of [renewal.answer, recovery.answer, revocation]) seen[answer ? 'answered' : 'unanswered'] += 1
    running = await serve(t, { directory, environment })

    await checkRenewal(t, server, renewal)
    await checkRecovery(t, server, alice, conversation, recovery)
    await checkRevocation(t, server, revoking, revocation)
  }
  t.comment(JSON.stringify(seen))
  running.child.kill('SIGTERM')
  t.match(await running.ended, { code: 0, stderr: '' })
})
