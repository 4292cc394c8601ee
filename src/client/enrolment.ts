import { createPublicKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { fingerprintOf } from '../pki/fingerprint.js'
import type { Identity } from '../wire/identity.js'
import { type Pin, pinRoot } from './certificates.js'
import { ClientError } from './client-error.js'
import { openKey } from './credentials.js'
import { checkFingerprint } from './fingerprint.js'
import { createIdentityClient, fetchRoot, type IdentityClient } from './identity-client.js'
import { createCertificateRequest, lockPrivateKey } from './keys.js'
import { checkKeyPassword } from './passwords.js'
import { Refusal } from './refusal.js'
import type { Profile } from './state/profile.js'
import { VerificationError, verify } from './verification-error.js'

/** A server whose root was pinned. */
export interface Joined {
  readonly profile: Profile
  readonly pin: Pin
  /** PEM, as the server has them. */
  readonly authorities: string
}

/** A name for this device, the same for as long as its directory lives. */
export function createDeviceName(): string {
  return `device-${randomBytes(5).toString('hex')}`
}

/**
 * Gets the root by its fingerprint, which somebody compared out of band, and everything else over TLS under that
 * root. Throws VerificationError `root_mismatch` or `server_untrusted`, and ClientError `fingerprint_unfit`.
 */
export async function joinServer(url: string, rootFingerprint: string, device: string): Promise<Joined> {
  checkFingerprint(rootFingerprint)
  const rootPem = await fetchRoot(url, rootFingerprint).catch((error: unknown) => {
    if (!(error instanceof Refusal) || error.status !== 404) throw error
    throw new VerificationError('root_mismatch', `the server has no root with the fingerprint ${rootFingerprint}`)
  })
  // Nothing is asked of the server before the root is known to be the right one.
  pinnedAlone(rootPem, rootFingerprint)
  const identities = createIdentityClient({ url, rootPem })
  const [{ hubUrl, trustDomain }, authorities] = await Promise.all([
    identities.configuration(),
    identities.authorities(),
  ])
  const pin = pinRoot(rootPem, rootFingerprint, trustDomain, authorities)
  return { profile: { version: 1, identityUrl: url, hubUrl, rootFingerprint, trustDomain, device }, pin, authorities }
}

function pinnedAlone(rootPem: string, rootFingerprint: string): void {
  const actual = fingerprintOfRoot(rootPem)
  verify(actual === rootFingerprint, 'root_mismatch', `the root has the fingerprint ${actual}, not ${rootFingerprint}`)
}

function fingerprintOfRoot(pem: string): string {
  try {
    return fingerprintOf(new X509Certificate(pem).raw)
  } catch (cause) {
    throw new VerificationError('root_mismatch', 'the server answered no certificate as its root', { cause })
  }
}

export interface Registration {
  readonly username: string
  /** For the server: proves who may fetch the locked key. */
  readonly password: string
  /** Locks the private key, and never leaves this side. */
  readonly keyPassword: string
}

/**
 * Registers `username` under `key`. When the answer to an earlier attempt was lost, the name is taken by the same
 * key: then that is the answer, where both passwords are those of that attempt. Throws Refusal `invalid_credentials`
 * and ClientError `key_locked` where they are not.
 */
export async function registerWith(
  identities: IdentityClient,
  { username, password, keyPassword }: Registration,
  key: KeyObject,
): Promise<Identity> {
  checkKeyPassword(keyPassword, password)
  const encryptedPrivateKey = await lockPrivateKey(key, keyPassword)
  const csr = createCertificateRequest(key, username)
  try {
    return await identities.register({ username, password, csr, encryptedPrivateKey })
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'username_taken') throw error
    const identity = await identities.fetch(username)
    if (!isOfKey(identity.certificate, key)) throw error
    const own = await identities.fetchMy({ username, password })
    openKey(own.encryptedPrivateKey, keyPassword)
    return own
  }
}

function isOfKey(certificate: string, key: KeyObject): boolean {
  return new X509Certificate(certificate).publicKey.equals(createPublicKey(key))
}

/** The newest certificate of one's own key: another device may have renewed it. Throws ClientError `key_missing`. */
export async function fetchNewest(identities: IdentityClient, username: string, key: KeyObject): Promise<Identity> {
  const identity = await identities.fetch(username)
  if (isOfKey(identity.certificate, key)) return identity
  throw new ClientError(
    'key_missing',
    `${username} has a certificate of another key by now: log in again in a new directory`,
  )
}
