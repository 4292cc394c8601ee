import type { CertificateRecord, Departure, EscrowRecord, NewCertificate, RevocationReason } from './records.js'

/**
 * What authorises a change: the password that has this hash, or the key of this certificate. Whether it still does
 * is decided in the transaction of the change.
 */
export type Proof = ByPassword | { readonly fingerprint: string }

export interface ByPassword {
  readonly passwordHash: string
  /** Where it came from, as `LoginAttempt` has it; for the audit log. */
  readonly address: string
}

export interface PasswordChange extends ByPassword {
  readonly userId: number
  readonly newHash: string
  /** Replaces the locked key; null keeps it. */
  readonly escrow: EscrowRecord | null
  readonly at: Date
}

export interface EscrowChange extends ByPassword {
  readonly userId: number
  /** Of the newest certificate, or it is refused. */
  readonly escrow: EscrowRecord
  readonly at: Date
}

/** Of a locked key, by its owner. */
export interface EscrowTaking extends ByPassword {
  readonly userId: number
  /** Of the certificate that the key must belong to. */
  readonly spkiHash: string
  readonly at: Date
}

export interface Renewal {
  /** Of the certificate that asks. */
  readonly fingerprint: string
  readonly certificate: NewCertificate
  /** SHA-256 over the certificate request, hex. */
  readonly requestHash: string
  /** Of the new certificate; null keeps one of the same key, and drops one of another. */
  readonly encryptedPrivateKey: string | null
  readonly at: Date
  /** From when certificates of other keys are refused. */
  readonly supersededAt: Date
  /** A certificate that ended before is refused. */
  readonly endedAfter: Date
}

/** A request to renew, as far as it tells whether it was answered before. */
export type RenewalRequest = Pick<Renewal, 'fingerprint' | 'requestHash' | 'at'>

export interface Recovery extends ByPassword {
  readonly userId: number
  readonly certificate: NewCertificate
  readonly encryptedPrivateKey: string | null
  /** Of the certificates that it replaces. */
  readonly reason: RevocationReason
  readonly at: Date
}

export interface Revocation {
  readonly userId: number
  readonly proof: Proof
  /** Null: the certificate that proves it, or the newest. */
  readonly serialNumber: string | null
  readonly reason: RevocationReason
  readonly at: Date
}

export interface ScheduledDeletion extends ByPassword {
  readonly userId: number
  readonly effectiveAt: Date
  readonly at: Date
}

export interface DueDeletion {
  readonly userId: number
  /** Due then or before. */
  readonly dueBy: Date
  readonly at: Date
}

/** Somebody whose stays are still to be ended. */
export interface Departing {
  readonly userId: number
  readonly departure: Departure
}

/**
 * What a user changes of his account, each method in one transaction: stored whole or not at all. Rejects with
 * `invalid_credentials`, `account_disabled` or `certificate_…` where the proof no longer holds.
 */
export interface AccountUpkeep {
  /** Calls a scheduled deletion off. A locked key of another than the newest certificate is `certificate_mismatch`. */
  changePassword(change: PasswordChange): Promise<void>
  replaceEscrow(change: EscrowChange): Promise<void>
  /** The locked key of that certificate, written down as given out; null when none is kept. */
  takeEscrow(taking: EscrowTaking): Promise<EscrowRecord | null>
  /**
   * Stores a certificate that the newest one asked for, and answers it; a request that was answered before gets the
   * first answer. Of two at once one succeeds, and the other rejects with `certificate_superseded`. A key of another
   * user, or a compromised one, is `csr_rejected`.
   */
  renew(renewal: Renewal): Promise<CertificateRecord>
  /** The first answer to a request that was answered before, or null. Spares a signature; `renew` decides. */
  findRenewal(request: RenewalRequest): Promise<CertificateRecord | null>
  /**
   * Revokes every certificate that has not ended, stores a new one, takes a role away, has all stays ended
   * (`departure`), and calls a scheduled deletion off.
   */
  recover(recovery: Recovery): Promise<void>
  /**
   * Revokes one certificate; one that is revoked stays as it is. With `keyCompromise` every certificate of its key
   * that has not ended, and the key is barred. `not_found` for another user's, `forbidden` where an older
   * certificate would revoke the newest.
   */
  revoke(revocation: Revocation): Promise<void>
  /** Answers when the deletion is due: a second call changes nothing. */
  scheduleDeletion(deletion: ScheduledDeletion): Promise<Date>
  /** Deletes the account of the newest certificate (`forbidden` for an older one); the name stays taken. */
  deleteAccount(fingerprint: string, at: Date): Promise<void>
  /** Deletes an account whose deletion is due; false if it is no longer. */
  deleteDueAccount(deletion: DueDeletion): Promise<boolean>
  findDueDeletions(dueBy: Date, limit: number): Promise<readonly number[]>
  /** Forgets failed logins of the account of a good certificate, and calls a scheduled deletion off. */
  unlock(fingerprint: string, at: Date): Promise<void>

  /** Those whose stays are still to be ended. */
  findDeparting(limit: number): Promise<readonly Departing[]>
  /** All stays are ended, for this reason. */
  finishDeparture(departing: Departing): Promise<void>
  /** Whether a certificate comes from another by renewals alone, each authorised by the key before it. */
  isRenewalOf(fingerprint: string, earlier: string): Promise<boolean>
}
