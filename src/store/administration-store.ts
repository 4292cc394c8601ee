import type { CertificateRecord, Role, UserRecord } from './records.js'

export type CertificateStatus = 'active' | 'revoked' | 'superseded' | 'expired'

/** A certificate that was issued to a user, without itself. `id` is the order of issue. */
export interface IssuedCertificate extends Omit<CertificateRecord, 'userId' | 'spkiHash' | 'der'> {
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
}
