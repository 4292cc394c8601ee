import type * as stored from '../../store/administration-store.js'
import type { Account, CertificateStatus, IssuedCertificate } from '../../wire/administration.js'

/** As of `at`; what the store lists under a status has it. */
export function certificateStatus(
  { revokedAt, supersededAt, notAfter }: Pick<stored.IssuedCertificate, 'revokedAt' | 'supersededAt' | 'notAfter'>,
  at: Date,
): CertificateStatus {
  if (revokedAt !== null) return 'revoked'
  if (supersededAt !== null && supersededAt <= at) return 'superseded'
  return notAfter <= at ? 'expired' : 'active'
}

export function describeIssued(certificate: stored.IssuedCertificate, at: Date): IssuedCertificate {
  const { username, serialNumber, fingerprint, authorisedBy } = certificate
  const { notBefore, notAfter, previous, supersededAt, revokedAt, revocationReason } = certificate
  return {
    username,
    serialNumber,
    fingerprint,
    status: certificateStatus(certificate, at),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    authorisedBy,
    ...(previous !== null && { previous }),
    ...(supersededAt !== null && { supersededAt: supersededAt.toISOString() }),
    ...(revokedAt !== null && { revokedAt: revokedAt.toISOString() }),
    ...(revocationReason !== null && { revocationReason }),
  }
}

export function describeAccount(account: stored.Account, at: Date): Account {
  const { username, role, createdAt, disabledAt, deletedAt, deletionAt, certificate } = account
  return {
    username,
    role,
    status: deletedAt !== null ? 'deleted' : disabledAt !== null ? 'disabled' : 'active',
    createdAt: createdAt.toISOString(),
    ...(disabledAt !== null && { disabledAt: disabledAt.toISOString() }),
    ...(deletedAt !== null && { deletedAt: deletedAt.toISOString() }),
    ...(deletionAt !== null && { deletionAt: deletionAt.toISOString() }),
    certificate: describeIssued(certificate, at),
  }
}
