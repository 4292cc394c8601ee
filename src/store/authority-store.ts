import type { IssuerName, NewServerCertificate } from './revocation-store.js'

/** An issuing CA as it was first seen. */
export interface AuthorityRecord {
  readonly name: IssuerName
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string
  readonly revokedAt: Date | null
  /** When its key was removed. */
  readonly retiredAt: Date | null
}

/** Reasons of RFC 5280 5.3.1 for which the root revokes a CA. */
export const AUTHORITY_REASONS = ['cACompromise', 'superseded', 'cessationOfOperation'] as const
export type AuthorityReason = (typeof AUTHORITY_REASONS)[number]

export interface RevokedAuthority {
  readonly name: IssuerName
  readonly reason: AuthorityReason
}

/** What the certificates folder holds. */
export interface AuthoritySettlement {
  readonly authorities: readonly Pick<AuthorityRecord, 'name' | 'fingerprint'>[]
  /** The CRL of the root, and those of `authorities` that it lists; null where there is none. */
  readonly rootCrl: { readonly number: number; readonly revoked: readonly RevokedAuthority[] } | null
  readonly at: Date
}

export interface AuthorityRetirement {
  readonly name: IssuerName
  readonly at: Date
}

export interface ServerRevocation {
  readonly reason: 'keyCompromise' | 'superseded'
  readonly replacement: NewServerCertificate
  readonly at: Date
}

/**
 * The issuing CAs, and what befalls all that one of them issued. Changes are each one transaction, audit rows included.
 */
export interface AuthorityStore {
  /** By name. */
  listAuthorities(): Promise<readonly AuthorityRecord[]>
  /** Of the newest CRL of the root that was settled; null for none. */
  rootCrlNumber(): Promise<number | null>
  /** When the last certificate of a CA ends; null when it issued none. */
  lastEnd(issuer: IssuerName): Promise<Date | null>
  /**
   * Writes down which CAs there are and what the root has revoked, and revokes with a CA every certificate of it that
   * has not ended or is its user's newest. Answers whose. What was written down before changes nothing. Rejects with
   * `invalid_request` when a name meant another CA.
   */
  settleAuthorities(settlement: AuthoritySettlement): Promise<readonly number[]>
  /** Rejects with `forbidden` while a certificate of it has not ended. */
  retireAuthority(retirement: AuthorityRetirement): Promise<void>
  /**
   * Records a certificate of the server's own in the place of all that have not ended, which it revokes; answers their
   * serial numbers.
   */
  revokeServerCertificates(revocation: ServerRevocation): Promise<readonly string[]>
}
