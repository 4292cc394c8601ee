import { HermesError } from '../../errors.js'
import type { Authority } from '../../pki/authority.js'
import { type CertId, issuersOf } from '../../pki/cert-id.js'
import { DerError } from '../../pki/der.js'
import { type OcspRequest, parseOcspRequest } from '../../pki/ocsp-request.js'
import { type CertificateStatus, encodeOcspError, issueOcspResponse, type OcspError } from '../../pki/ocsp-response.js'
import type { IssuerName, RevocationStore } from '../../store/revocation-store.js'

const MINUTE_MS = 60_000

/** What the configuration says of OCSP. */
export interface OcspPolicy {
  readonly ocspMinutes: number
  readonly ocspRequestBytes: number
  readonly ocspCertificatesMax: number
}

export interface OcspResponderOptions {
  /** The CAs that sign, as of now: the same map as long as they are the same. */
  readonly issuers: () => ReadonlyMap<IssuerName, Authority>
  readonly store: RevocationStore
  readonly policy: OcspPolicy
  readonly now: () => Date
}

export interface OcspOutcome {
  /** An OCSPResponse, DER. */
  readonly der: Buffer
  /** Why it is only an error; null for an answer. */
  readonly refusal: { readonly status: OcspError; readonly reason: string } | null
}

/** Answers whether certificates are revoked, from the table as it is at that moment [RFC 6960]. */
export interface OcspResponder {
  /** `request`: DER of an OCSPRequest, from anybody. */
  respond(request: Uint8Array): Promise<OcspOutcome>
  /** The answer about certificates of one issuer. */
  answer(issuer: IssuerName, request: OcspRequest): Promise<Buffer>
}

export function ocspError(status: OcspError, reason: string): OcspOutcome {
  return { der: encodeOcspError(status), refusal: { status, reason } }
}

type ByHashes = ReadonlyMap<string | null, IssuerName>

function hashesOf(authorities: ReadonlyMap<IssuerName, Authority>): ByHashes {
  return new Map([...authorities].flatMap(([name, one]) => issuersOf(one).map((hashes) => [hashes, name] as const)))
}

export function createOcspResponder({ issuers, store, policy, now }: OcspResponderOptions): OcspResponder {
  let known: { readonly authorities: ReadonlyMap<IssuerName, Authority>; readonly byHashes: ByHashes } | null = null

  /** By what a CertID says of its issuer, so that each generation answers for its own [RFC 6960 4.1.1]. */
  function byHashes(): ByHashes {
    const authorities = issuers()
    if (known?.authorities !== authorities) known = { authorities, byHashes: hashesOf(authorities) }
    return known.byHashes
  }

  async function statusOf(issuer: IssuerName, { serialNumber }: CertId, at: Date): Promise<CertificateStatus> {
    const issued = await store.findStatus(issuer, serialNumber, at)
    if (issued === null) return { status: 'unknown' }
    return issued.revocation === null ? { status: 'good' } : { status: 'revoked', ...issued.revocation }
  }

  async function answer(issuer: IssuerName, { certIds, nonce }: OcspRequest): Promise<Buffer> {
    const thisUpdate = now()
    const nextUpdate = new Date(thisUpdate.getTime() + policy.ocspMinutes * MINUTE_MS)
    const authority = issuers().get(issuer)
    if (authority === undefined) throw new HermesError('unavailable', `The CA ${issuer} signs nothing any more`)
    const statuses = certIds.map(async (certId) => ({ certId, status: await statusOf(issuer, certId, thisUpdate) }))
    return issueOcspResponse(authority, { responses: await Promise.all(statuses), thisUpdate, nextUpdate, nonce })
  }

  function parse(der: Uint8Array): OcspRequest | DerError {
    try {
      return parseOcspRequest(der, policy.ocspCertificatesMax)
    } catch (error) {
      if (error instanceof DerError) return error
      throw error
    }
  }

  return {
    answer,
    async respond(der) {
      if (der.length > policy.ocspRequestBytes)
        return ocspError('malformedRequest', `it may have ${policy.ocspRequestBytes} bytes (HERMES_OCSP_REQUEST_BYTES)`)
      const request = parse(der)
      if (request instanceof DerError) return ocspError('malformedRequest', request.message)
      const [issuer, ...others] = new Set(request.certIds.map((certId) => byHashes().get(certId.issuer)))
      // One signature answers for one issuer; about others' certificates nobody here can speak [RFC 6960 2.3].
      if (issuer === undefined || others.length > 0)
        return ocspError('unauthorized', 'it asks about certificates that were not all issued by one CA of this server')
      return { der: await answer(issuer, request), refusal: null }
    },
  }
}
