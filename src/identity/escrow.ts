import { checkEncryptedPrivateKey } from '../pki/escrow.js'
import { normalizePem } from './pem-text.js'
import type { IdentityPolicy } from './policy.js'

/** A locked private key as it is kept, or null for none; throws `private_key_rejected`. */
export function checkEscrow(policy: IdentityPolicy, blob: string | undefined): string | null {
  return blob === undefined ? null : checkLockedKey(policy, blob)
}

export function checkLockedKey(policy: IdentityPolicy, blob: string): string {
  const pem = normalizePem(blob)
  const { escrowSha256Iterations: sha256Iterations, escrowSha512Iterations: sha512Iterations } = policy
  checkEncryptedPrivateKey(pem, { sha256Iterations, sha512Iterations })
  return pem
}
