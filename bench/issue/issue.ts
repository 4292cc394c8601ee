import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificateRequest } from '../../src/client/keys.js'
import { Child } from '../support/child.js'
import { type Person, seedPeople } from '../support/people.js'
import { ask } from './ask.js'
import { Cfssl } from './cfssl.js'

const ROUNDS = 5
const A_ROUND = 200
const WARM_UP = 800
const AT_ONCE = 4

interface Asker extends Person {
  readonly csr: string
}

interface Signer {
  /** Microseconds of CPU so far. */
  cpu(): Promise<number>
  /** The status of its answer. */
  sign(asker: Asker): Promise<number>
}

/** Milliseconds of CPU for each request. */
interface Round {
  readonly hermes: number
  readonly cfssl: number
  readonly handshake: number
}

/**
 * Server CPU for a renewal over mutual TLS, stored before it is answered, beside `cfssl serve` signing the same
 * request over TLS, in turns; each request over a connection of its own.
 */
export async function issue({ json }: { readonly json: boolean }): Promise<void> {
  const say = (text: string) => void (json || process.stdout.write(`${text}\n`))
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  say(`${ROUNDS} rounds of ${A_ROUND} certificates each, ${AT_ONCE} requests at once`)
  const askers = (await seedPeople(directory, WARM_UP + ROUNDS * A_ROUND)).map(withRequest)
  const ca = await readFile(join(directory, 'certs', 'root-ca.pem'), 'utf8')
  const hermes = await Child.start(new URL('../support/hermes.ts', import.meta.url), directory)
  const cfssl = await Cfssl.start(directory, ca)
  const signers = { hermes: renewals(hermes, ca), cfssl: signatures(cfssl, ca), handshake: handshakes(hermes, ca) }
  say('Warming up')
  for (const signer of Object.values(signers)) await measure(signer, askers.slice(0, WARM_UP))
  const rounds: Round[] = []
  for (let from = WARM_UP; from < askers.length; from += A_ROUND) {
    const asking = askers.slice(from, from + A_ROUND)
    const round = {
      handshake: await measure(signers.handshake, asking),
      hermes: await measure(signers.hermes, asking),
      cfssl: await measure(signers.cfssl, asking),
    }
    rounds.push(round)
    say(`round ${rounds.length} of ${ROUNDS}: hermes ${round.hermes.toFixed(2)} ms; cfssl ${round.cfssl.toFixed(2)} ms`)
  }
  const result = summary(rounds)
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${report(result)}\n`)
  await Promise.all([hermes.stop(), cfssl.stop()])
  await rm(directory, { recursive: true, force: true })
}

function withRequest(person: Person): Asker {
  return { ...person, csr: createCertificateRequest(createPrivateKey(person.keyPem), person.username) }
}

function renewals(server: Child, ca: string): Signer {
  return {
    cpu: () => server.cpu(),
    sign: ({ csr, certificate: cert, keyPem: key }) =>
      ask({ port: server.port, path: '/renew', ca, cert, key }, { csr }),
  }
}

function signatures(server: Cfssl, ca: string): Signer {
  return {
    cpu: () => server.cpu(),
    sign: ({ csr }) => ask({ port: server.port, path: '/api/v1/cfssl/sign', ca }, { certificate_request: csr }),
  }
}

/** What a renewal costs before it begins: mutual TLS and a request that only reads. */
function handshakes(server: Child, ca: string): Signer {
  return {
    cpu: () => server.cpu(),
    sign: ({ certificate: cert, keyPem: key }) => ask({ port: server.port, method: 'GET', path: '/me', ca, cert, key }),
  }
}

/** Milliseconds of CPU for each request. */
async function measure(signer: Signer, askers: readonly Asker[]): Promise<number> {
  const before = await signer.cpu()
  const waiting = [...askers]
  const lane = async () => {
    for (let asker = waiting.shift(); asker; asker = waiting.shift()) {
      const status = await signer.sign(asker)
      if (status !== 200 && status !== 201) throw new Error(`${asker.username} was refused: ${status}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return ((await signer.cpu()) - before) / 1000 / askers.length
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function summary(rounds: readonly Round[]) {
  const ratios = rounds.map(({ hermes, cfssl }) => hermes / cfssl)
  const of = (name: keyof Round) => round2(median(rounds.map((round) => round[name])))
  const cost = { hermesMs: of('hermes'), cfsslMs: of('cfssl'), handshakeMs: of('handshake') }
  return { ratio: round2(median(ratios)), ratios: ratios.map(round2), ...cost }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function report({ ratio, ratios, hermesMs, cfsslMs, handshakeMs }: ReturnType<typeof summary>): string {
  return [
    `hermes  ${hermesMs} ms of server CPU a renewal, its handshake and its commit included`,
    `        ${handshakeMs} ms of them for mutual TLS and a request that only reads (GET /me)`,
    `cfssl   ${cfsslMs} ms a signature, its handshake included, and nothing stored`,
    `ratio   ${ratio} (median of ${ratios.join(', ')})`,
  ].join('\n')
}
