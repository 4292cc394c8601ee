import { type KeyObject, sign } from 'node:crypto'
import { bitString, sequence } from './der-encode.js'
import type { SignatureAlgorithm } from './signature-algorithm.js'

/** Who signs: an Authority is one. */
export interface Signer {
  readonly key: KeyObject
  readonly algorithm: SignatureAlgorithm
}

/** `tbs`, the algorithm, and the signature over `tbs`, as one SEQUENCE; hashed and signed in the thread pool. */
export function signInPool(tbs: Uint8Array, { key, algorithm }: Signer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(algorithm.hash, tbs, key, (error, signature) => {
      if (error) reject(error)
      else resolve(sequence(tbs, algorithm.der, bitString(signature)))
    })
  })
}
