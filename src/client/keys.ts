import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { bitString, encodeDer, integer, oid, sequence, set, utf8String } from '../pki/der-encode.js'
import { ITERATIONS_MAX, parseEncryptedPrivateKey } from '../pki/encrypted-key.js'
import { OID } from '../pki/oids.js'
import { deriveKey, lockWith } from '../pki/pbes2.js'
import { decodePem, encodePem } from '../pki/pem.js'
import { signatureAlgorithmFor } from '../pki/signature-algorithm.js'

/** The keys that a user can have made. */
export const KEY_KINDS = ['P-256', 'P-384', 'Ed25519', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

const generate = promisify(generateKeyPair)

/** A new private key; its public half comes with it (`createPublicKey`). */
export async function generateKey(kind: KeyKind = 'P-256'): Promise<KeyObject> {
  if (kind === 'Ed25519') return (await generate('ed25519')).privateKey
  if (kind === 'P-256' || kind === 'P-384') return (await generate('ec', { namedCurve: kind })).privateKey
  return (await generate('rsa', { modulusLength: Number(kind.slice('RSA-'.length)) })).privateKey
}

/** A PKCS#10 request (PEM) with `CN=<username>` and no extensions [RFC 2986 4]. */
export function createCertificateRequest(key: KeyObject, username: string): string {
  const algorithm = signatureAlgorithmFor(key)
  const subject = sequence(set(sequence(oid(OID.commonName), utf8String(username))))
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const info = sequence(integer(0), subject, spki, encodeDer(0xa0))
  const signature = sign(algorithm.hash, info, key)
  return encodePem('CERTIFICATE REQUEST', sequence(info, algorithm.der, bitString(signature)))
}

/**
 * `key` locked with `password` as the server keeps it: PKCS#8 `ENCRYPTED PRIVATE KEY` (PEM). The password counts in
 * NFC, as that for the server does, so that another keyboard makes the same of it.
 */
export async function lockPrivateKey(key: KeyObject, password: string, iterations = 600_000): Promise<string> {
  return lockWith(await deriveKey(password.normalize('NFC'), iterations), key)
}

/**
 * Opens a locked key; throws when the password is wrong, and before any work when the blob is none that
 * a server may keep or asks for more than 10 million iterations. OpenSSL, and earlier versions, locked with the bytes
 * that a keyboard gave.
 */
export function unlockPrivateKey(pem: string, password: string): KeyObject {
  const { iterations } = parseEncryptedPrivateKey(decodePem(pem, ['ENCRYPTED PRIVATE KEY']))
  if (iterations > ITERATIONS_MAX)
    throw new Error(`the locked key asks for ${iterations} iterations; ${ITERATIONS_MAX} at most are allowed`)
  const forms = new Set([password.normalize('NFC'), password, password.normalize('NFD')])
  let wrong: unknown
  for (const passphrase of forms) {
    try {
      return createPrivateKey({ key: pem, format: 'pem', passphrase })
    } catch (error) {
      wrong = error
    }
  }
  throw wrong
}
