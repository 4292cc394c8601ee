import { createHash, type KeyObject, randomUUID } from 'node:crypto'
import { createCertificateRequest, generateKey, type KeyKind } from '../../src/client/keys.js'
import { type HttpAnswer, request } from './https.js'
import type { TestServer } from './server.js'

/** A registered user with his key: everything a client of his needs. */
export interface User {
  readonly username: string
  readonly key: KeyObject
  readonly keyPem: string
  readonly certificate: string
  readonly fingerprint: string
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string }
  /** A REST call to the hub. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<HttpAnswer>
}

export const PASSWORD = 'correct horse battery staple'

export async function registerUser(
  server: TestServer,
  username: string,
  kind: KeyKind = 'P-256',
  password = PASSWORD,
): Promise<User> {
  const key = await generateKey(kind)
  const csr = createCertificateRequest(key, username)
  const body = { username, password, csr }
  const answer = await request(`${server.identityUrl}/register`, { method: 'POST', ca: server.rootPem }, body)
  if (answer.status !== 201) throw new Error(`register ${username}: ${answer.status} ${answer.text}`)
  const { certificate, fingerprint } = answer.json<{ certificate: string; fingerprint: string }>()
  return userOf(server, username, key, certificate, fingerprint)
}

export function userOf(
  server: TestServer,
  username: string,
  key: KeyObject,
  certificate: string,
  fingerprint: string,
): User {
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const tls = { ca: server.rootPem, cert: certificate, key: keyPem }
  const call: User['call'] = (method, path, body, headers = {}) =>
    request(`${server.hubUrl}${path}`, { method, ...tls, headers }, body)
  return { username, key, keyPem, certificate, fingerprint, tls, call }
}

/** Registers several at once. */
export async function registerUsers<N extends string>(server: TestServer, ...names: N[]): Promise<Record<N, User>> {
  const users = await Promise.all(names.map(async (name) => [name, await registerUser(server, name)] as const))
  return Object.fromEntries(users) as Record<N, User>
}

/** Some user's random challenge. */
export function challenge(): string {
  return createHash('sha256').update(randomUUID()).digest('base64url')
}
