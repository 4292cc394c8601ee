import type { z } from 'zod'
import { encodePem } from '../pki/pem.js'
import { type FetchMyRequest, Identity, OwnIdentity, type RegisterRequest } from '../wire/identity.js'
import type { ChangePasswordRequest, RecoverRequest, RevokeRequest } from '../wire/upkeep.js'
import { ServerConfiguration } from '../wire/well-known.js'
import { type Pin, pinRoot } from './certificates.js'
import { callEmpty, callJson, getCrl, getPem } from './https.js'
import { Refusal } from './refusal.js'
import { VerificationError } from './verification-error.js'

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
  /** PEM of the CAs that the server says issue certificates, and the root's CRL; yet to be verified (`pinRoot`). */
  authorities(): Promise<string>
  /** Pins the root by the fingerprint that the user compared out of band. */
  pin(rootFingerprint: string): Promise<Pin>
  /** A new user and his certificate. */
  register(request: RegisterRequest): Promise<Identity>
  /** The newest certificate of `username`; it is yet to be verified (`verifyUserCertificate`). */
  fetch(username: string): Promise<Identity>
  /** One's own certificate and locked private key. */
  fetchMy(request: FetchMyRequest): Promise<OwnIdentity>
  /** A new certificate by password, when the key is lost. */
  recover(request: RecoverRequest): Promise<Identity>
  changePassword(request: ChangePasswordRequest): Promise<void>
  /** By password: for whoever has lost his key. */
  revoke(request: RevokeRequest): Promise<void>
}

/**
 * The root with a fingerprint that people compared, as the server has it. The connection proves nothing yet: what
 * comes over it is checked by its hash (`pinRoot`).
 */
export function fetchRoot(url: string, rootFingerprint: string): Promise<string> {
  return getPem(new URL(`/ca/root/${rootFingerprint}`, url), null)
}

export function createIdentityClient({ url, rootPem: ca }: IdentityClientOptions): IdentityClient {
  const get = <S extends z.ZodType>(path: string, schema: S) => callJson({ url: new URL(path, url), ca, schema })
  const post = <S extends z.ZodType>(path: string, body: object, schema: S) =>
    callJson({ url: new URL(path, url), ca, body, schema })
  const configuration = () => get('/.well-known/hermes', ServerConfiguration)
  const authorities = async () => (await getPem(new URL('/ca', url), ca)) + (await rootCrl(url, ca))
  const own = async <I extends Identity>(username: string, identity: Promise<I>) => ofUser(username, await identity)
  return {
    configuration,
    authorities,
    pin: async (rootFingerprint) => {
      const [{ trustDomain }, issuers] = await Promise.all([configuration(), authorities()])
      return pinRoot(ca, rootFingerprint, trustDomain, issuers)
    },
    register: (request) => own(request.username, post('/register', request, Identity)),
    fetch: (username) => own(username, get(`/fetch/${encodeURIComponent(username)}`, Identity)),
    fetchMy: (request) => own(request.username, post('/fetch-my', request, OwnIdentity)),
    recover: (request) => own(request.username, post('/recover', request, Identity)),
    changePassword: (body) => callEmpty({ url: new URL('/change-password', url), ca, body }),
    revoke: (body) => callEmpty({ url: new URL('/revoke', url), ca, body }),
  }
}

/** PEM; empty where there is none, which the root's key is needed to mend. */
async function rootCrl(url: string, ca: string): Promise<string> {
  try {
    return encodePem('X509 CRL', await getCrl(new URL('/crl/root', url), ca))
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not_found') return ''
    throw error
  }
}

function ofUser<I extends Identity>(username: string, identity: I): I {
  if (identity.username === username) return identity
  throw new VerificationError(
    'certificate_swapped',
    `the server answered the identity of ${identity.username} instead of ${username}'s`,
  )
}
