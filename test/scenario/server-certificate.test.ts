import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { openCertificates } from '../../src/server/certificate-files.js'
import { request } from '../support/https.js'
import { connect, refusedUpgrade } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser } from '../support/user.js'

const LIFE_MS = 60_000
/** Two thirds of its life are over after twenty seconds: it is valid from a minute before it is issued. */
const WAIT_MS = 60_000

/** A connection to a listener: the fingerprint of its certificate, and what a client keeps for resuming. */
async function look(url: string, options: ConnectionOptions) {
  const { port } = new URL(url)
  const socket = connectTls({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ...options })
  // With TLS 1.3 the session comes in a ticket behind the handshake.
  const [session = options.session] = (await once(socket, options.session ? 'secureConnect' : 'session')) as [Buffer?]
  const { fingerprint256, valid_to: validTo } = socket.getPeerCertificate()
  const isResumed = socket.isSessionReused()
  socket.destroy()
  return { fingerprint256, validTo, isResumed, session }
}

type Look = () => ReturnType<typeof look>

/** Looks until another certificate is shown than this. */
async function changed(from: string, again: Look) {
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const seen = await again()
    if (seen.fingerprint256 !== from) return seen
    if (Date.now() > deadline) throw new Error('the certificate was not changed')
    await setTimeout(200)
  }
}

/** An operator's own certificate for the identity listener, from an authority that Hermes does not know. */
async function operator(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-own-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const files = { certificate: join(directory, 'own.pem'), key: join(directory, 'own.key') }
  const authority = join(directory, 'ca')
  const options = { directory: authority, passphraseFile: null, tlsCertFile: null, tlsKeyFile: null, now: new Date() }
  const issue = async (...hostnames: string[]) => {
    await openCertificates({ ...options, hostnames })
    await copyFile(join(authority, 'server.pem'), files.certificate)
    await copyFile(join(authority, 'server.key'), files.key)
  }
  await issue('localhost')
  return { files, issue, rootPem: await readFile(join(authority, 'root-ca.pem'), 'utf8') }
}

t.test('a certificate of 60 seconds is renewed and swapped in while connections stay', async (t) => {
  const own = await operator(t)
  const environment = { HERMES_TLS_CERT_FILE: own.files.certificate, HERMES_TLS_KEY_FILE: own.files.key }
  const started = Date.now()
  const server = await startServer(t, environment, undefined, { serverLifeMs: LIFE_MS })
  const alice = await registerUser({ ...server, rootPem: own.rootPem }, 'alice').then((user) => ({
    ...user,
    tls: { ...user.tls, ca: server.rootPem },
  }))
  const client = await connect(t, server, alice)
  const atHub: Look = () => look(server.hubUrl, alice.tls)
  const atIdentity: Look = () => look(server.identityUrl, { ca: own.rootPem })
  const first = await atHub()
  const mine = await atIdentity()
  t.ok(Date.parse(first.validTo) - started <= LIFE_MS + 1000)

  await own.issue('localhost', '127.0.0.1')
  const second = await changed(mine.fingerprint256, atIdentity)
  await writeFile(own.files.key, 'half of a k')

  const renewed = await changed(first.fingerprint256, atHub)
  t.ok(Date.parse(renewed.validTo) > Date.parse(first.validTo))
  t.ok(Date.now() < Date.parse(first.validTo), 'before the first has ended')
  t.match(await client.call('whoami'), { identity: { username: 'alice' } }, 'the connection of before goes on')
  t.equal((await look(server.hubUrl, { ...alice.tls, session: first.session })).isResumed, true)
  const late = await connect(t, server, alice, { device: 'late' })
  t.match(await late.call('whoami'), { identity: { username: 'alice' } })
  t.equal((await refusedUpgrade(server, { tls: { ca: server.rootPem } })).json().code, 'certificate_required')
  const stored = await readFile(join(server.certsDir, 'server.pem'), 'utf8')
  t.equal(
    (await look(server.hubUrl, alice.tls)).fingerprint256,
    new X509Certificate(stored).fingerprint256,
    'and is what is stored',
  )
  t.equal((await atIdentity()).fingerprint256, second.fingerprint256, 'a bad file changes nothing')
  t.equal((await request(`${server.identityUrl}/health/live`, { ca: own.rootPem })).status, 200)
})
