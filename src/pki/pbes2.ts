import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { derNull, integer, octetString, oid, sequence } from './der-encode.js'
import { type Pbes2, parseEncryptedPrivateKey } from './encrypted-key.js'
import { OID } from './oids.js'
import { decodePem, encodePem } from './pem.js'

const LABEL = 'ENCRYPTED PRIVATE KEY'
const SALT_BYTES = 16
const IV_BYTES = 16
const KEY_BYTES = 32

const derive = promisify(pbkdf2)

/** An AES-256 key made from a password by PBKDF2-HMAC-SHA256, and how it was made. Several keys may share one. */
export interface DerivedKey {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly key: Uint8Array
}

/** Derives a key from `password` with a fresh salt, in the thread pool. */
export async function deriveKey(password: string, iterations: number): Promise<DerivedKey> {
  const salt = randomBytes(SALT_BYTES)
  return { salt, iterations, key: await derive(password, salt, iterations, KEY_BYTES, 'sha256') }
}

/** PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC [RFC 8018 A.2, A.4, B.2.5]. */
function encodeParameters({ salt, iterations }: DerivedKey, iv: Uint8Array): Buffer {
  const prf = sequence(oid(OID.hmacWithSha256), derNull())
  const kdf = sequence(oid(OID.pbkdf2), sequence(octetString(salt), integer(iterations), prf))
  return sequence(oid(OID.pbes2), sequence(kdf, sequence(oid(OID.aes256Cbc), octetString(iv))))
}

/** `key` as PKCS#8 `ENCRYPTED PRIVATE KEY` (PEM), locked with a derived key. */
export function lockWith(derived: DerivedKey, key: KeyObject): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-cbc', derived.key, iv)
  const plain = key.export({ format: 'der', type: 'pkcs8' })
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  return encodePem(LABEL, sequence(encodeParameters(derived, iv), octetString(ciphertext)))
}

function open(parameters: Pbes2, derived: Uint8Array): KeyObject {
  const decipher = createDecipheriv(parameters.cipher, derived, parameters.iv)
  const plain = Buffer.concat([decipher.update(parameters.ciphertext), decipher.final()])
  return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
}

/**
 * Opens keys that were locked with one password. Keys that share salt and iterations cost one derivation,
 * so that a server with three of them starts quickly.
 */
export class KeyOpener {
  readonly #password: string
  readonly #derived = new Map<string, Promise<Uint8Array>>()

  constructor(password: string) {
    this.#password = password
  }

  #derive({ salt, iterations, keyBytes, hash }: Pbes2): Promise<Uint8Array> {
    const id = [Buffer.from(salt).toString('hex'), iterations, keyBytes, hash].join(' ')
    const known = this.#derived.get(id) ?? derive(this.#password, salt, iterations, keyBytes, hash)
    this.#derived.set(id, known)
    return known
  }

  /** The private key in `pem`; throws when the password is wrong or the scheme is not PBES2 with PBKDF2 and AES. */
  async open(pem: string): Promise<KeyObject> {
    const parameters = parseEncryptedPrivateKey(decodePem(pem, [LABEL]))
    return open(parameters, await this.#derive(parameters))
  }
}
