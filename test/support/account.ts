import type { KeyObject } from 'node:crypto'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { type HttpAnswer, request } from './https.js'
import type { TestServer } from './server.js'
import { PASSWORD, type User, userOf } from './user.js'

/** A POST to the identity listener. */
export function post(server: TestServer, path: string, body: object): Promise<HttpAnswer> {
  return request(`${server.identityUrl}${path}`, { method: 'POST', ca: server.rootPem }, body)
}

/** The same, by the password of a user. */
export function byPassword(server: TestServer, { username }: User, path: string, body: object = {}) {
  return post(server, path, { username, password: PASSWORD, ...body })
}

export async function fetched(server: TestServer, { username }: User) {
  const answer = await request(`${server.identityUrl}/fetch/${username}`, { ca: server.rootPem })
  return answer.json<{ fingerprint: string; status: string; serialNumber: string }>()
}

/** The user under the certificate of an answer. */
export function under(server: TestServer, { username }: User, key: KeyObject, answer: HttpAnswer): User {
  if (answer.status !== 201) throw new Error(`${username}: ${answer.status} ${answer.text}`)
  const { certificate, fingerprint } = answer.json<{ certificate: string; fingerprint: string }>()
  return userOf(server, username, key, certificate, fingerprint)
}

/** Renews; with a new key unless another is given. */
export async function renewed(server: TestServer, user: User, key?: KeyObject): Promise<User> {
  const next = key ?? (await generateKey())
  const csr = createCertificateRequest(next, user.username)
  return under(server, user, next, await user.call('POST', '/renew', { csr }))
}

export async function recovered(server: TestServer, user: User, more: object = {}): Promise<User> {
  const key = await generateKey()
  const csr = createCertificateRequest(key, user.username)
  return under(server, user, key, await byPassword(server, user, '/recover', { csr, ...more }))
}
