import type { ErrorCode } from '../errors.js'
import type { IdentityRecord } from '../store/records.js'

/**
 * Why a certificate is no longer good, or null. `at` in milliseconds. The certificate of a superseded key has a
 * time from which it is refused, so that old and new can overlap.
 */
export function refusalOf({ user, certificate }: IdentityRecord, at: number): ErrorCode | null {
  if (user.disabledAt || user.deletedAt) return 'account_disabled'
  if (certificate.revokedAt) return 'certificate_revoked'
  if (certificate.supersededAt && certificate.supersededAt.getTime() <= at) return 'certificate_superseded'
  if (certificate.notAfter.getTime() <= at) return 'certificate_expired'
  return null
}

/** The status of a member as `members` tells it. */
export function memberStatus(record: IdentityRecord, at: number): 'valid' | 'expired' | 'revoked' | 'disabled' {
  switch (refusalOf(record, at)) {
    case null:
      return 'valid'
    case 'account_disabled':
      return 'disabled'
    case 'certificate_expired':
      return 'expired'
    default:
      return 'revoked'
  }
}
