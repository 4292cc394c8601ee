import t from 'tap'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../../src/client/keys.js'
import { type HttpAnswer, request } from '../../support/https.js'
import { connect } from '../../support/hub-client.js'
import { startServer, type TestServer } from '../../support/server.js'
import { PASSWORD, userOf } from '../../support/user.js'

const GUESSES = 256
const OWNER = '198.51.100.7'
const MALLORY = '203.0.113.9'

/** The tests are the trusted proxy: they tell from which address a request came. */
function fetchMy(server: TestServer, password: string, address: string) {
  const headers = { 'x-forwarded-for': address }
  const options = { method: 'POST', ca: server.rootPem, headers }
  return request(`${server.identityUrl}/fetch-my`, options, { username: 'alice', password })
}

async function register(server: TestServer) {
  const key = await generateKey()
  const csr = createCertificateRequest(key, 'alice')
  const encryptedPrivateKey = await lockPrivateKey(key, 'another password')
  const body = { username: 'alice', password: PASSWORD, csr, encryptedPrivateKey }
  const answer = await request(`${server.identityUrl}/register`, { method: 'POST', ca: server.rootPem }, body)
  const { certificate, fingerprint } = answer.json<{ certificate: string; fingerprint: string }>()
  return userOf(server, 'alice', key, certificate, fingerprint)
}

function countsOf(answers: readonly HttpAnswer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const answer of answers) {
    const what = `${answer.status} ${answer.json<{ code: string }>().code}`
    counts[what] = (counts[what] ?? 0) + 1
  }
  return counts
}

t.test('256 guesses at once are five, and lock out neither the owner elsewhere nor his certificate', async (t) => {
  const server = await startServer(t, {
    HERMES_TRUSTED_PROXIES: '127.0.0.1',
    // So that nothing but the count of failures is in the way.
    HERMES_PASSWORD_QUEUE: '1024',
    HERMES_PASSWORD_QUEUE_PER_ADDRESS: '1024',
  })
  const alice = await register(server)
  const guess = (n: number) => fetchMy(server, `guess number ${n}`, MALLORY)
  const answers = await Promise.all(Array.from({ length: GUESSES }, (_, n) => guess(n)))
  t.same(countsOf(answers), { '401 invalid_credentials': 5, '429 account_locked': GUESSES - 5 })
  const locked = await fetchMy(server, PASSWORD, MALLORY)
  t.match([locked.status, locked.headers['retry-after']], [429, /^\d+$/], 'the right password is locked there, too')

  t.equal((await fetchMy(server, PASSWORD, OWNER)).status, 200, 'the owner is not, at another address')
  const client = await connect(t, server, alice)
  t.match(await client.call('whoami'), { identity: { username: 'alice' } }, 'nor whoever has the certificate')
})

t.test('addresses of one IPv6 network of 64 bits are one, and only a trusted proxy may tell them', async (t) => {
  const server = await startServer(t, { HERMES_TRUSTED_PROXIES: '127.0.0.1' })
  await register(server)
  for (let n = 1; n <= 5; n += 1) t.equal((await fetchMy(server, 'a wrong guess', `2001:db8:1:2::${n}`)).status, 401)
  t.equal((await fetchMy(server, 'a wrong guess', '2001:db8:1:2:ffff::1')).status, 429)
  t.equal((await fetchMy(server, PASSWORD, '2001:db8:1:3::1')).status, 200)

  const untrusting = await startServer(t)
  await register(untrusting)
  for (let n = 1; n <= 5; n += 1) t.equal((await fetchMy(untrusting, 'a wrong guess', `192.0.2.${n}`)).status, 401)
  t.equal(
    (await fetchMy(untrusting, PASSWORD, '192.0.2.77')).status,
    429,
    'what the client says of itself is not believed',
  )
})
