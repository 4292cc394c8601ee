import { DerError, type DerNode, parseDer, TAG } from './der.js'
import { readInteger, readOctetString, readOid, readSequence } from './der-values.js'
import { OID } from './oids.js'

/** PBES2 parameters with PBKDF2, as far as node:crypto can open them. */
export interface Pbes2 {
  readonly hash: 'sha256' | 'sha512'
  readonly salt: Uint8Array
  readonly iterations: number
  readonly cipher: 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc'
  readonly keyBytes: 16 | 24 | 32
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
}

/** So that a hostile server cannot hand a client a bomb. */
export const ITERATIONS_MAX = 10_000_000

const CIPHERS: Readonly<Record<string, Pick<Pbes2, 'cipher' | 'keyBytes'>>> = {
  [OID.aes128Cbc]: { cipher: 'aes-128-cbc', keyBytes: 16 },
  [OID.aes192Cbc]: { cipher: 'aes-192-cbc', keyBytes: 24 },
  [OID.aes256Cbc]: { cipher: 'aes-256-cbc', keyBytes: 32 },
}

const HASHES: Readonly<Record<string, Pbes2['hash']>> = {
  [OID.hmacWithSha256]: 'sha256',
  [OID.hmacWithSha512]: 'sha512',
}

/** Schemes that are refused, each with its own word. */
const SCHEMES: readonly (readonly [prefix: string, name: string])[] = [
  ['1.2.840.113549.1.5.', 'PBES1'],
  ['1.2.840.113549.1.12.1.', 'a PKCS #12 cipher'],
]

const WEAK_CIPHERS: Readonly<Record<string, string>> = {
  '1.3.14.3.2.7': 'DES',
  '1.2.840.113549.3.7': 'triple DES',
  '1.2.840.113549.3.2': 'RC2',
}

function checkScheme(scheme: string): void {
  if (scheme === OID.pbes2) return
  const name = SCHEMES.find(([prefix]) => scheme.startsWith(prefix))?.[1] ?? scheme
  throw new DerError(`it is locked with ${name}; only PBES2 is allowed`)
}

/** [RFC 8018 A.2] a missing prf means HMAC-SHA1. */
function readPrf(node: DerNode | undefined): Pbes2['hash'] {
  const [oidNode, parameters] = node === undefined ? [] : readSequence(node, 'the PRF', 1, 2)
  const name = oidNode === undefined ? OID.hmacWithSha1 : readOid(oidNode, 'the PRF')
  const hash = HASHES[name]
  if (hash === undefined)
    throw new DerError(
      `its PBKDF2 uses ${name === OID.hmacWithSha1 ? 'HMAC-SHA1' : name}; only HMAC-SHA256 and HMAC-SHA512 are allowed`,
    )
  if (parameters !== undefined && parameters.tag !== TAG.null) throw new DerError('the PRF has parameters')
  return hash
}

/** [RFC 8018 A.2] PBKDF2-params. */
function readPbkdf2(node: DerNode | undefined, keyBytes: number): Pick<Pbes2, 'hash' | 'salt' | 'iterations'> {
  const [oidNode, parameters] = readSequence(node, 'the key derivation', 1, 2)
  const name = readOid(oidNode, 'the key derivation')
  if (name === OID.scrypt)
    throw new DerError('its key is derived with scrypt, which version 1 does not take; use PBKDF2')
  if (name !== OID.pbkdf2) throw new DerError(`its key is derived with ${name}; only PBKDF2 is allowed`)
  const [salt, iterations, ...rest] = readSequence(parameters, 'the parameters of PBKDF2', 2, 4)
  const keyLength = rest[0]?.tag === TAG.integer ? rest.shift() : undefined
  if (rest.length > 1) throw new DerError('the parameters of PBKDF2 have surplus elements')
  if (keyLength !== undefined && readInteger(keyLength, 'keyLength') !== BigInt(keyBytes))
    throw new DerError('the keyLength of PBKDF2 is not that of the cipher')
  return {
    hash: readPrf(rest[0]),
    salt: readOctetString(salt, 'the salt'),
    iterations: Number(readInteger(iterations, 'the iteration count')),
  }
}

/** [RFC 8018 B.2.5] AES-CBC, its IV of 16 octets as parameter. */
function readCipher(node: DerNode | undefined): Pick<Pbes2, 'cipher' | 'keyBytes' | 'iv'> {
  const [oidNode, parameter] = readSequence(node, 'the cipher', 1, 2)
  const name = readOid(oidNode, 'the cipher')
  const cipher = CIPHERS[name]
  if (cipher === undefined)
    throw new DerError(
      `its cipher is ${WEAK_CIPHERS[name] ?? name}; only AES-128, AES-192 and AES-256 in CBC mode are allowed`,
    )
  const iv = readOctetString(parameter, 'the IV')
  if (iv.length !== 16) throw new DerError(`its IV has ${iv.length} octets, not 16`)
  return { ...cipher, iv }
}

/** Reads an EncryptedPrivateKeyInfo [RFC 5958 3] under PBES2 [RFC 8018 A.4]; throws a DerError with the reason. */
export function parseEncryptedPrivateKey(der: Uint8Array): Pbes2 {
  const [algorithm, data] = readSequence(parseDer(der), 'EncryptedPrivateKeyInfo', 2, 2)
  const [scheme, parameters] = readSequence(algorithm, 'the encryption scheme', 1, 2)
  checkScheme(readOid(scheme, 'the encryption scheme'))
  const [derivation, cipherNode] = readSequence(parameters, 'the parameters of PBES2', 2, 2)
  const cipher = readCipher(cipherNode)
  const ciphertext = readOctetString(data, 'the encrypted key')
  if (ciphertext.length === 0 || ciphertext.length % 16 !== 0)
    throw new DerError('the encrypted key is not of whole AES blocks')
  return { ...readPbkdf2(derivation, cipher.keyBytes), ...cipher, ciphertext }
}
