import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import pino from 'pino'
import type { Test } from 'tap'
import { HermesError } from '../../../src/errors.js'
import { CrlIssuer } from '../../../src/identity/revocation/crl-issuer.js'
import { createOcspResponder } from '../../../src/identity/revocation/ocsp-responder.js'
import type { Authority } from '../../../src/pki/authority.js'
import { issueServerCertificate } from '../../../src/pki/server-certificate.js'
import { buildIdentityApp, type IdentityAppDependencies } from '../../../src/server/identity/app.js'
import type { CrlSource } from '../../../src/server/identity/routes/crl.js'
import type { ServerConfiguration } from '../../../src/wire/well-known.js'
import {
  createServiceFixture,
  hierarchy,
  type ServiceFixture,
  type ServiceFixtureOptions,
} from '../../identity/service-fixture.js'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The body, if it is JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Listener extends ServiceFixture {
  readonly port: number
  readonly get: (path: string, headers?: Readonly<Record<string, string>>, method?: string) => Promise<Answer>
  readonly post: (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  /** As curl sends `--data-urlencode`; a string goes as it is. */
  readonly postForm: (
    path: string,
    fields: string | Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>
}

export const CONFIGURATION: ServerConfiguration = {
  protocol: 'hermes.v1',
  identityUrl: 'https://localhost:8443',
  hubUrl: 'https://localhost:9443',
  rootFingerprint: hierarchy().root.fingerprint,
  trustDomain: 'hermes.test',
  limits: {
    frameBytes: 524_288,
    payloadBytes: 65_536,
    signalBytes: 8192,
    windowEvents: 256,
    windowBytes: 1_048_576,
    membersMax: 512,
    requestsPerSecond: 60,
    requestsBurst: 120,
  },
  escrowPolicy: { sha256Iterations: 600_000, sha512Iterations: 220_000 },
}

export const ASYNCAPI = readFileSync(new URL('../../../asyncapi.yaml', import.meta.url), 'utf8')
const ERRORS_PAGE = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
export const OPENAPI = '# A comment\nopenapi: 3.0.3\ninfo:\n  title: Hermes\n  version: "1"\npaths: {}\n'

interface Identification {
  readonly key: string
  readonly cert: string
}

function issueTls(): Identification {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const { servers } = hierarchy()
  const { pem } = issueServerCertificate(servers, { hostnames: ['localhost', '127.0.0.1'], spki, now: new Date() })
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert: pem + servers.certificatePem }
}

function revocationOf({ store: { revocations: store }, hierarchy: { users, servers }, clock }: ServiceFixture) {
  const now = () => clock.now
  const crl = (issuer: 'users' | 'servers', authority: Authority) =>
    new CrlIssuer({ issuer, authority, store, hours: 24, now, paceMs: 0 })
  const policy = { ocspMinutes: 60, ocspRequestBytes: 4096, ocspCertificatesMax: 8 }
  const root = {
    current: async () => {
      throw new HermesError('not_found')
    },
  }
  const issuers = new Map([
    ['users', users],
    ['servers', servers],
  ] as const)
  const sources = new Map<string, CrlSource>([
    ['users', crl('users', users)],
    ['servers', crl('servers', servers)],
    ['root', root],
  ])
  return {
    crls: (name: string) => sources.get(name) ?? null,
    ocsp: createOcspResponder({ issuers: () => issuers, store, policy, now }),
  }
}

/** The identity listener over TLS on a free port, with a real store and CA behind it. */
export async function listen(
  t: Test,
  options: ServiceFixtureOptions = {},
  overrides: Partial<IdentityAppDependencies> = {},
): Promise<Listener> {
  const fixture = await createServiceFixture(t, options)
  const { root, users, servers } = fixture.hierarchy
  const app = buildIdentityApp(
    {
      config: {
        bodyBytes: 1_048_576,
        identityBodyBytes: 1_048_576,
        connectionSeconds: 30,
        trustedProxies: [],
        ocspRequestBytes: 4096,
      },
      logger: pino({ level: 'silent' }),
      identities: fixture.identities,
      authority: {
        root,
        certificateOf: (name) => ({ users, servers })[name as 'users']?.certificateDer ?? null,
        issuers: () => [users.certificatePem, servers.certificatePem],
      },
      configuration: () => CONFIGURATION,
      ...revocationOf(fixture),
      documents: { openapi: () => OPENAPI, asyncapi: () => ASYNCAPI, errors: () => ERRORS_PAGE },
      ready: async () => ({ away: [] }),
      ...overrides,
    },
    issueTls(),
  )
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  const { port } = address
  return {
    ...fixture,
    port,
    get: (path, headers = {}, method = 'GET') => exchange(port, method, path, headers),
    post: (path, body, headers = {}) =>
      exchange(port, 'POST', path, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    postForm: (path, fields, headers = {}) =>
      exchange(
        port,
        'POST',
        path,
        { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        typeof fields === 'string' ? fields : String(new URLSearchParams(fields)),
      ),
  }
}

function exchange(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<Answer> {
  const ca = hierarchy().root.certificatePem
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { port, host: '127.0.0.1', method, path, headers: { connection: 'keep-alive', ...headers }, ca, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          request.destroy()
          resolve(toAnswer(response.statusCode ?? 0, response.headers, Buffer.concat(chunks)))
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

function toAnswer(status: number, headers: IncomingHttpHeaders, bytes: Buffer): Answer {
  const text = bytes.toString()
  const isJson = text !== '' && headers['content-type']?.includes('json')
  return { status, headers, bytes, text, json: isJson ? JSON.parse(text) : {} }
}
