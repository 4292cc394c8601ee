import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { fingerprintOf } from '../pki/fingerprint.js'
import { splitPem } from '../pki/pem.js'
import { type Pin, type VerifiedCertificate, verifyUserCertificate } from './certificates.js'
import { ClientError } from './client-error.js'
import type { Self } from './invitation.js'
import { unlockPrivateKey } from './keys.js'

/** A user as this device holds him: certificate and private key. */
export interface Credentials extends Self {
  /** PEM. */
  readonly certificate: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** What identity.pem holds: a private key, locked or not, and the certificate once there is one. */
export interface IdentityFile {
  readonly certificate: string | null
  /** PEM of PKCS#8, `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`. */
  readonly key: string
}

export function parseIdentityFile(pem: string): IdentityFile {
  const blocks = splitPem(pem)
  const key = blocks.find((block) => block.includes('PRIVATE KEY-----'))
  if (key === undefined) throw new ClientError('directory_damaged', 'identity.pem holds no private key')
  return { certificate: blocks.find((block) => block.includes('BEGIN CERTIFICATE-----')) ?? null, key }
}

export function formatIdentityFile({ certificate, key }: IdentityFile): string {
  return `${certificate ?? ''}${key}`
}

export function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Opens a private key of either kind. Throws ClientError `key_locked` when the password does not. */
export function openKey(pem: string, password: string | undefined): KeyObject {
  if (!pem.includes('ENCRYPTED')) return createPrivateKey(pem)
  const hint = 'pass keyPassword, the second password'
  if (password === undefined) throw new ClientError('key_locked', `the private key is locked: ${hint}`)
  try {
    return unlockPrivateKey(pem, password)
  } catch (cause) {
    throw new ClientError('key_locked', `the password does not open the private key: ${hint}`, { cause })
  }
}

/** Certificate and key of `username`, verified up to the pin and found to belong together. */
export function credentialsOf(username: string, certificate: string, key: KeyObject, pin: Pin, now: Date): Credentials {
  const verified = verifyUserCertificate(certificate, username, pin, now)
  return join(verified, certificate, key)
}

/** The same for a certificate of one's own that was verified when it came, and may have ended since. */
export function rememberedCredentials(username: string, certificate: string, key: KeyObject): Credentials {
  const { publicKey, raw, validTo } = new X509Certificate(certificate)
  return join({ username, publicKey, fingerprint: fingerprintOf(raw), notAfter: new Date(validTo) }, certificate, key)
}

function join(verified: VerifiedCertificate, certificate: string, key: KeyObject): Credentials {
  const { username, fingerprint, notAfter, publicKey } = verified
  if (!createPublicKey(key).equals(publicKey))
    throw new ClientError('key_missing', `the certificate ${fingerprint} of ${username} belongs to another private key`)
  return {
    username,
    fingerprint,
    notAfter,
    certificate,
    key,
    notBefore: new Date(new X509Certificate(certificate).validFrom),
  }
}
