import { HermesError } from '../errors.js'
import { ITERATIONS_MAX, type Pbes2, parseEncryptedPrivateKey } from './encrypted-key.js'
import { decodePem } from './pem.js'

/** The line that makes a good blob; every refusal prints it. */
export const ESCROW_COMMAND =
  'openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in key.pem -out locked.pem'

const ESCROW_BYTES_MAX = 16 * 1024
const SALT_BYTES = 16
const SHORT_SALT_BYTES = 8
/** With so many iterations of either PRF a salt of 8 octets will do: OpenSSL 3.0 writes no longer one. */
const SHORT_SALT_ITERATIONS = 600_000

/** Least PBKDF2 iterations for each PRF. */
export interface EscrowPolicy {
  readonly sha256Iterations: number
  readonly sha512Iterations: number
}

function refuse(reason: string): never {
  throw new Error(reason)
}

function checkLabel(pem: string): void {
  if (pem.includes('Proc-Type:'))
    refuse('it is in the old OpenSSL form (Proc-Type: 4,ENCRYPTED), which anyone can guess quickly')
  if (/-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY-----/.test(pem) && !pem.includes('BEGIN ENCRYPTED PRIVATE KEY'))
    refuse('it is not encrypted; it must never leave your machine like this')
}

function checkIterations({ hash, iterations }: Pbes2, policy: EscrowPolicy): void {
  const least = hash === 'sha256' ? policy.sha256Iterations : policy.sha512Iterations
  const prf = hash === 'sha256' ? 'HMAC-SHA256' : 'HMAC-SHA512'
  if (iterations < least) refuse(`its PBKDF2 has ${iterations} iterations of ${prf}; ${least} or more are asked`)
  if (iterations > ITERATIONS_MAX)
    refuse(`its PBKDF2 has ${iterations} iterations; ${ITERATIONS_MAX} at most are allowed`)
}

function checkSalt({ salt, iterations }: Pbes2): void {
  if (salt.length < SHORT_SALT_BYTES) refuse(`its salt has ${salt.length} octets; ${SALT_BYTES} or more are asked`)
  if (salt.length < SALT_BYTES && iterations < SHORT_SALT_ITERATIONS)
    refuse(
      `its salt has ${salt.length} octets; ${SALT_BYTES} are asked, or ${SHORT_SALT_BYTES} with ${SHORT_SALT_ITERATIONS} iterations or more`,
    )
}

/**
 * Checks a locked private key (PEM, PKCS#8) against the escrow policy of pki.md without its password.
 * Throws `private_key_rejected`, whose sentence says what is wrong and how to make a good one.
 */
export function checkEncryptedPrivateKey(pem: string, policy: EscrowPolicy): void {
  try {
    if (Buffer.byteLength(pem) > ESCROW_BYTES_MAX) refuse(`it is larger than ${ESCROW_BYTES_MAX} bytes`)
    checkLabel(pem)
    const parameters = parseEncryptedPrivateKey(decodePem(pem, ['ENCRYPTED PRIVATE KEY']))
    checkIterations(parameters, policy)
    checkSalt(parameters)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const sentence = `The private key is refused: ${reason}. Lock it with: ${ESCROW_COMMAND}`
    throw new HermesError('private_key_rejected', sentence, { cause })
  }
}
