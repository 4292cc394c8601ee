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

const RUNS = Number(process.env.MUTATION_WIRE_RUNS ?? 200)
const SEED = Number(process.env.MUTATION_SEED ?? 20_260_301)
/** On one connection; 20 that are no requests would end it. */
const FRAMES = 18

const samples = <T>(what: fc.Arbitrary<T>): readonly T[] => fc.sample(what, { numRuns: RUNS, seed: SEED })
const mutatedPem = (label: string, pem: string) =>
  mutatedDer(decodePem(pem, [label])).map((der) => encodePem(label, der))

t.test(`mutated requests and locked keys over TLS (MUTATION_SEED=${SEED})`, { timeout: 110_000 }, async (t) => {
  const server = await startServer(t)
  const key = await generateKey()
  const csr = createCertificateRequest(key, 'alice')
  const encryptedPrivateKey = await lockPrivateKey(key, 'another password')
  const bodies = [
    ...samples(mutatedPem('CERTIFICATE REQUEST', csr)).map((mutated) => ({ csr: mutated })),
    ...samples(mutatedPem('ENCRYPTED PRIVATE KEY', encryptedPrivateKey)).map((mutated) => ({
      csr: csr.replace('-----END', '----- END'),
      encryptedPrivateKey: mutated,
    })),
  ]
  const post = (body: object | Buffer, headers = {}) =>
    request(`${server.identityUrl}/register`, { method: 'POST', ca: server.rootPem, headers }, body)
  for (const body of bodies) {
    const { status, text } = await post({ username: 'alice', password: PASSWORD, ...body })
    if (status !== 422 && !(status === 201 && body.csr === csr)) t.fail(`${status} ${text} for ${JSON.stringify(body)}`)
  }
  const whole = JSON.stringify({ username: 'bob', password: PASSWORD, csr, encryptedPrivateKey })
  for (const text of samples(mutatedText(whole))) {
    const { status } = await post(Buffer.from(text), { 'content-type': 'application/json' })
    if (status !== 400 && status !== 422) t.fail(`${status} for ${text}`)
  }
  t.equal((await request(`${server.identityUrl}/fetch/bob`, { ca: server.rootPem })).status, 404, 'nothing was stored')
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
