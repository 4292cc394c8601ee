import { oid, sequence, set } from './der-encode.js'
import { OID } from './oids.js'

/**
 * What a request should have, as CsrAttrs [RFC 7030 4.5.2]: a key on P-256, and a signature by ECDSA with SHA-256. The
 * policy takes others too. No name is asked for: the subject may be empty, or CN with the username.
 */
export function csrAttributes(): Buffer {
  return sequence(sequence(oid(OID.ecPublicKey), set(oid(OID.prime256v1))), oid(OID.ecdsaWithSha256))
}
