import { encodeDer, integer, oid, sequence, set } from './der-encode.js'
import { OID } from './oids.js'

/** [0], constructed. */
const CONTEXT_0 = 0xa0

/**
 * Certificates, DER, as a ContentInfo without content or signatures: a SignedData of version 1, since all are X.509
 * and nothing is signed [RFC 5652 5.1], which is what a certs-only message is [RFC 8551 3.8].
 */
export function certsOnly(certificates: readonly Uint8Array[]): Buffer {
  const encapsulated = sequence(oid(OID.data))
  const signedData = sequence(integer(1), set(), encapsulated, encodeDer(CONTEXT_0, ...certificates), set())
  return sequence(oid(OID.signedData), encodeDer(CONTEXT_0, signedData))
}
