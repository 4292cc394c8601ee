/** What an issuing CA issues certificates for. */
export type IssuerKind = 'users' | 'servers'
/** The issuing CAs, by the names of their files and URLs: the first of each kind has its name. */
export type IssuerName = IssuerKind | `${IssuerKind}-${number}`

export function kindOf(issuer: IssuerName): IssuerKind {
  return issuer.startsWith('users') ? 'users' : 'servers'
}

export interface RevokedCertificate {
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly revokedAt: Date
  /** Name of a CRLReason [RFC 5280 5.3.1]; null for none. */
  readonly reason: string | null
}

/** Whether a certificate that was issued is revoked. */
export interface IssuedStatus {
  readonly serialNumber: string
  /** Null: it is not. */
  readonly revocation: RevokedCertificate | null
}

export interface NewServerCertificate {
  readonly issuer: IssuerName
  readonly serialNumber: string
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The last CRL that an issuer made. */
export interface CrlRecord {
  readonly number: number
  readonly issuedAt: Date
}

export interface RevokedPage {
  /** As of when. */
  readonly at: Date
  /** Certificates that had expired by then are left out. */
  readonly unexpiredAt: Date
  /** The end of the page before; null for the first. */
  readonly after: RevokedPosition | null
  readonly limit: number
}

/** A place in the order of listing. */
export interface RevokedPosition {
  readonly notAfter: number
  readonly id: number
}

/**
 * What the CRLs and OCSP say of certificates. One is revoked from `revokedAt` on, or from `supersededAt` on when
 * that has passed, whichever was first; the reason is that of the revocation, else `superseded`.
 */
export interface RevocationStore {
  /** Null: the issuer never issued it. */
  findStatus(issuer: IssuerName, serialNumber: string, at: Date): Promise<IssuedStatus | null>
  /** Revoked certificates by the end of their validity; `next` is null behind the last. */
  listRevoked(
    issuer: IssuerName,
    page: RevokedPage,
  ): Promise<{ readonly revoked: readonly RevokedCertificate[]; readonly next: RevokedPosition | null }>
  /**
   * What differs whenever `listRevoked` as of `at` may have another answer. Costs the same however many
   * certificates there are.
   */
  revocationState(issuer: IssuerName, at: Date): Promise<string>
  /** Null before the first. */
  lastCrl(issuer: IssuerName): Promise<CrlRecord | null>
  /** Before a CRL is given out. False, and nothing stored, when its number is not greater than the last one's. */
  recordCrl(issuer: IssuerName, crl: CrlRecord): Promise<boolean>
  /**
   * Before the server shows a certificate that the servers' CA issued, at start and after each renewal: OCSP calls
   * what is not recorded unknown. Recording it again changes nothing.
   */
  recordServerCertificate(certificate: NewServerCertificate): Promise<void>
}
