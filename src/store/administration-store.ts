import type { CertificateRecord, RevocationReason, Role, UserRecord } from './records.js'

export type CertificateStatus = 'active' | 'revoked' | 'superseded' | 'expired'

/** A certificate that was issued to a user, without itself. `id` is the order of issue. */
export interface IssuedCertificate extends Omit<CertificateRecord, 'userId' | 'spkiHash' | 'der' | 'issuer'> {
  readonly id: number
  readonly username: string
}

/** A user, deleted ones too, with his newest certificate. */
export interface Account extends Omit<UserRecord, 'passwordHash' | 'departure'> {
  readonly createdAt: Date
  readonly certificate: IssuedCertificate
}

export interface UserPage {
  /** Null: all. */
  readonly role: Role | null
  /** The last username of the page before; null for the first. */
  readonly after: string | null
  readonly limit: number
}

export interface CertificatePage {
  /** Null: all. */
  readonly status: CertificateStatus | null
  /** As of when certificates have their status. */
  readonly at: Date
  /** Only those that end before; null: all. */
  readonly expiresBefore: Date | null
  /** Null: of everybody. */
  readonly userId: number | null
  /** The last one of the page before; null for the first. */
  readonly after: Pick<IssuedCertificate, 'notAfter' | 'id'> | null
  readonly limit: number
}

/** Wrong passwords for a name from one address. */
export interface LoginFailures {
  /** An IPv4 address, or an IPv6 prefix of 64 bits. */
  readonly address: string
  readonly count: number
  readonly since: Date
  readonly lockedUntil: Date | null
}

export interface RoleGrant {
  readonly username: string
  readonly at: Date
  readonly role: Role
}

/** What an administrator does to a user. */
export interface AdministratorAct {
  readonly username: string
  /** Fingerprint of his certificate; null: whoever is on the server's own machine. */
  readonly by: string | null
  readonly at: Date
}

export interface AdministratorRevocation extends AdministratorAct {
  /** Null: the newest of the user, and every other that has not ended. */
  readonly serialNumber: string | null
  readonly reason: RevocationReason
}

export interface RevokedByAdministrator {
  readonly userId: number
  /** Of the certificates that were good until now. */
  readonly serialNumbers: readonly string[]
}

/** What administrators read and change. A page costs the same however many users and certificates there are. */
export interface AdministrationStore {
  /** By username. */
  listUsers(page: UserPage): Promise<readonly Account[]>
  findUser(username: string): Promise<Account | null>
  /** By the end of their validity. One is revoked first, superseded before it is expired, else active. */
  listIssued(page: CertificatePage): Promise<readonly IssuedCertificate[]>
  /** By serial number or fingerprint; `der` is the certificate itself. */
  findIssued(name: string): Promise<(IssuedCertificate & { readonly der: Uint8Array }) | null>
  /** By address. */
  listLoginFailures(username: string): Promise<readonly LoginFailures[]>

  /**
   * Changes, each in one transaction, which rejects with `user_not_found` for unknown and deleted users, with
   * `forbidden` when whoever does it is no administrator, and with `certificate_…` or `account_disabled` when his
   * certificate is no longer good.
   */
  grantRole(grant: RoleGrant): Promise<void>
  disable(act: AdministratorAct): Promise<void>
  enable(act: AdministratorAct): Promise<void>
  /** Forgets failed logins, and calls a scheduled deletion off. */
  unlock(act: AdministratorAct): Promise<void>
  /**
   * Revokes one certificate, or the newest and all that have not ended; what is revoked stays as it is. With
   * `keyCompromise` every certificate of their keys, which are barred. `not_found` for another user's.
   */
  revoke(revocation: AdministratorRevocation): Promise<RevokedByAdministrator>
}
