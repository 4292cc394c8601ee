import fc from 'fast-check'
import t from 'tap'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../src/client/keys.js'
import { OPERATIONS } from '../../src/hub/operations/table.js'
import { decodePem, encodePem } from '../../src/pki/pem.js'
import { request } from '../support/https.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { PASSWORD, registerUsers } from '../support/user.js'
import { mutatedDer, mutatedText } from './mutations.js'
import { sampleOf } from './schema-walk.js'

const RUNS = Number(process.env.MUTATION_WIRE_RUNS ?? 100)
const SEED = Number(process.env.MUTATION_SEED ?? 20_260_301)
/** On one connection; 20 that are no requests would end it. */
const FRAMES = 18

const samples = <T>(what: fc.Arbitrary<T>): readonly T[] => fc.sample(what, { numRuns: RUNS, seed: SEED })
/** Some changes undo each other. */
const mutatedPem = (label: string, pem: string) =>
  mutatedDer(decodePem(pem, [label]))
    .map((der) => encodePem(label, der))
    .filter((mutated) => mutated !== pem)

t.test(`mutated requests and locked keys over TLS (MUTATION_SEED=${SEED})`, { timeout: 110_000 }, async (t) => {
  const server = await startServer(t)
  const key = await generateKey()
  const [csr, ofCarol] = [createCertificateRequest(key, 'alice'), createCertificateRequest(key, 'carol')]
  const encryptedPrivateKey = await lockPrivateKey(key, 'another password')
  const register = async (body: object | Buffer, statuses: readonly number[], headers = {}) => {
    const options = { method: 'POST', ca: server.rootPem, headers }
    const { status, text } = await request(`${server.identityUrl}/register`, options, body)
    if (!statuses.includes(status))
      t.fail(`${status} ${text} for ${Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body)}`)
  }
  const base = { username: 'alice', password: PASSWORD }
  for (const mutated of samples(mutatedPem('CERTIFICATE REQUEST', csr)))
    await register({ ...base, csr: mutated }, [422])
  const whole = JSON.stringify({ ...base, username: 'bob', csr, encryptedPrivateKey })
  for (const text of samples(mutatedText(whole)))
    await register(Buffer.from(text), [400, 422], { 'content-type': 'application/json' })
  for (const username of ['alice', 'bob']) {
    const { status } = await request(`${server.identityUrl}/fetch/${username}`, { ca: server.rootPem })
    t.equal(status, 404, `nothing of ${username} was stored`)
  }
  // What is locked in it the server cannot see: such a blob is taken, once.
  const locked = samples(mutatedPem('ENCRYPTED PRIVATE KEY', encryptedPrivateKey))
  for (const mutated of locked)
    await register({ ...base, username: 'carol', csr: ofCarol, encryptedPrivateKey: mutated }, [422, 201, 409])
})

t.test(`mutated frames over TLS (MUTATION_SEED=${SEED})`, { timeout: 110_000 }, async (t) => {
  const server = await startServer(t)
  const { mallory, alice } = await registerUsers(server, 'mallory', 'alice')
  const frames = OPERATIONS.filter(({ method }) => method !== null).map(({ method, params }) =>
    JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: sampleOf(params) }),
  )
  const mutated = samples(fc.constantFrom(...frames).chain(mutatedText))
  for (let from = 0; from < mutated.length; from += FRAMES) {
    const client = await connect(t, server, mallory)
    for (const frame of mutated.slice(from, from + FRAMES)) client.socket.send(frame)
    t.same((await client.call('conversations')).conversations, [], 'answered in turn, and nothing was stored')
    const refused = client.frames.filter(({ error }) => error !== undefined)
    t.notOk(refused.find(({ error }) => error !== undefined && error.code >= 500))
    await client.close()
  }
  t.equal((await alice.call('GET', '/me')).status, 200, 'others are served')
})
