import type { Authority } from './authority.js'
import type { CertId } from './cert-id.js'
import { reasonCode } from './crl-reason.js'
import { encodeDer, enumerated, generalizedTime, octetString, oid, sequence } from './der-encode.js'
import { OID } from './oids.js'
import { extension } from './profile.js'
import { signInPool } from './sign.js'

/** OCSPResponseStatus [RFC 6960 4.2.1] */
const RESPONSE_STATUS = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const
const SUCCESSFUL = 0

export type OcspError = keyof typeof RESPONSE_STATUS

/** CertStatus [RFC 6960 4.2.1]; `reason` is the name of a CRLReason. */
export type CertificateStatus =
  | { readonly status: 'good' }
  | { readonly status: 'unknown' }
  | { readonly status: 'revoked'; readonly revokedAt: Date; readonly reason: string | null }

export interface OcspAnswer {
  readonly responses: readonly { readonly certId: CertId; readonly status: CertificateStatus }[]
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** As the request has it. */
  readonly nonce: Uint8Array | null
}

/** An OCSPResponse (DER) that says only what was wrong. */
export function encodeOcspError(error: OcspError): Buffer {
  return sequence(enumerated(RESPONSE_STATUS[error]))
}

/** CertStatus ::= CHOICE { good [0], revoked [1], unknown [2] }, all implicit. */
function encodeStatus(status: CertificateStatus): Buffer {
  if (status.status === 'good') return encodeDer(0x80)
  if (status.status === 'unknown') return encodeDer(0x82)
  const code = reasonCode(status.reason)
  const reason = code === null ? [] : [encodeDer(0xa0, enumerated(code))]
  return encodeDer(0xa1, generalizedTime(status.revokedAt), ...reason)
}

/** ResponseData, with the responder by its name [RFC 6960 4.2.1]. */
function encodeResponseData(issuer: Authority, { responses, thisUpdate, nextUpdate, nonce }: OcspAnswer): Buffer {
  const times = [generalizedTime(thisUpdate), encodeDer(0xa0, generalizedTime(nextUpdate))]
  return sequence(
    encodeDer(0xa1, issuer.subject),
    generalizedTime(thisUpdate),
    sequence(...responses.map(({ certId, status }) => sequence(certId.der, encodeStatus(status), ...times))),
    ...(nonce === null ? [] : [encodeDer(0xa1, sequence(extension(OID.ocspNonce, false, nonce)))]),
  )
}

/** A successful OCSPResponse (DER), signed by the CA that issued the certificates itself [RFC 6960 2.2, 4.2.2.2]. */
export async function issueOcspResponse(issuer: Authority, answer: OcspAnswer): Promise<Buffer> {
  const basic = await signInPool(encodeResponseData(issuer, answer), issuer)
  return sequence(enumerated(SUCCESSFUL), encodeDer(0xa0, sequence(oid(OID.ocspBasic), octetString(basic))))
}
