import type { z } from 'zod'
import { type FetchMyRequest, Identity, OwnIdentity, type RegisterRequest } from '../wire/identity.js'
import { ServerConfiguration } from '../wire/well-known.js'
import { type Pin, pinRoot } from './certificates.js'
import { callJson, getPem } from './https.js'

export interface IdentityClientOptions {
  /** URL of the identity listener. */
  readonly url: string
  /** PEM of the root that was pinned: the server's certificate must chain to it, and to nothing else. */
  readonly rootPem: string
}

/** The identity service, as a user sees it. Every call throws Refusal for what the server refuses. */
export interface IdentityClient {
  /** Where the hub is, the limits, and what is asked of a locked private key. */
  configuration(): Promise<ServerConfiguration>
  /** Pins the root by the fingerprint that the user compared out of band. */
  pin(rootFingerprint: string): Promise<Pin>
  /** A new user and his certificate. */
  register(request: RegisterRequest): Promise<Identity>
  /** The newest certificate of `username`; it is yet to be verified (`verifyUserCertificate`). */
  fetch(username: string): Promise<Identity>
  /** One's own certificate and locked private key. */
  fetchMy(request: FetchMyRequest): Promise<OwnIdentity>
}

export function createIdentityClient({ url, rootPem: ca }: IdentityClientOptions): IdentityClient {
  const get = <S extends z.ZodType>(path: string, schema: S) => callJson({ url: new URL(path, url), ca, schema })
  const post = <S extends z.ZodType>(path: string, body: object, schema: S) =>
    callJson({ url: new URL(path, url), ca, body, schema })
  const configuration = () => get('/.well-known/hermes', ServerConfiguration)
  return {
    configuration,
    pin: async (rootFingerprint) => {
      const [{ trustDomain }, authorities] = await Promise.all([configuration(), getPem(new URL('/ca', url), ca)])
      return pinRoot(ca, rootFingerprint, trustDomain, authorities)
    },
    register: async (request) => ofUser(request.username, await post('/register', request, Identity)),
    fetch: async (username) => ofUser(username, await get(`/fetch/${encodeURIComponent(username)}`, Identity)),
    fetchMy: async (request) => ofUser(request.username, await post('/fetch-my', request, OwnIdentity)),
  }
}

function ofUser<I extends Identity>(username: string, identity: I): I {
  if (identity.username === username) return identity
  throw new Error(`the server answered the identity of ${identity.username} instead of ${username}'s`)
}
