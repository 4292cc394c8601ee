import type { AccountUpkeep } from './account-upkeep.js'
import type { CertificateRecord, EscrowRecord, IdentityRecord, NewCertificate } from './records.js'

export interface NewUser {
  readonly username: string
  readonly passwordHash: string
  readonly certificate: NewCertificate
  /** PEM of the locked private key of that certificate. */
  readonly encryptedPrivateKey: string | null
  /** Where the request came from, as `LoginAttempt` has it; for the audit log. */
  readonly address: string
}

export interface LoginPolicy {
  /** Failures that lock; 0 for no limit. */
  readonly failures: number
  readonly windowMs: number
  /** The first lock; each further one is twice as long, up to `maxLockMs`. */
  readonly lockMs: number
  readonly maxLockMs: number
}

/** Users, keys, certificates and locked private keys. Every method that changes something is one transaction. */
export interface IdentityStore extends AccountUpkeep {
  /**
   * Stores a whole user or nothing. The database decides races: of two calls with one name, deleted names
   * included, one succeeds and the other rejects with `username_taken`; a key of another user, or one that
   * was compromised, rejects with `csr_rejected`.
   */
  register(user: NewUser): Promise<void>
  /** The user and his newest certificate; null for unknown and deleted names. */
  findIdentity(username: string): Promise<IdentityRecord | null>
  findIdentityById(userId: number): Promise<IdentityRecord | null>
  /** A certificate issued here by its fingerprint, with its user (deleted ones too). */
  findByFingerprint(fingerprint: string): Promise<IdentityRecord | null>
  /** Whether the key belongs to an account, deleted ones included, or was compromised. */
  findKey(spkiHash: string): Promise<{ readonly userId: number; readonly compromised: boolean } | null>
  findEscrow(userId: number): Promise<EscrowRecord | null>
  /** Replaces the hash if it still is `oldHash`; whether it was. */
  replacePasswordHash(userId: number, oldHash: string, newHash: string): Promise<boolean>
  /**
   * Counts an attempt before its password is hashed, so that parallel guesses each count. Answers until when
   * the pair (user, address) is locked, or null if this attempt may go on. `userId` null: an unknown user,
   * counted under his `username` all the same.
   */
  countAttempt(attempt: LoginAttempt, now: Date, policy: LoginPolicy): Promise<Date | null>
  /** Takes a counted attempt back: the password was right. */
  forgiveAttempts(attempt: LoginAttempt): Promise<void>
  /**
   * Forgets failures that mean nothing any more; those of users go into the audit log, as whatever is forgotten does.
   */
  expireFailures(now: Date): Promise<void>
  /** All certificates of a user, newest first. */
  listCertificates(userId: number): Promise<readonly CertificateRecord[]>
}

export interface LoginAttempt {
  readonly username: string
  /** An IPv4 address, or an IPv6 prefix of 64 bits. */
  readonly address: string
}
