import type { ErrorCode } from '../errors.js'
import type { IdentityRecord } from '../store/records.js'
import { CLOSE, type Close } from '../wire/frames.js'

/** How a live connection ends for each reason why its certificate is no longer good. */
const CLOSES = {
  account_disabled: CLOSE.disabled,
  certificate_unknown: CLOSE.revoked,
  certificate_revoked: CLOSE.revoked,
  certificate_superseded: CLOSE.superseded,
  certificate_expired: CLOSE.expired,
} as const satisfies Partial<Record<ErrorCode, Close>>

export type StandingRefusal = keyof typeof CLOSES

export function closeFor(refusal: StandingRefusal): Close {
  return CLOSES[refusal]
}

/** When a certificate ceases to be good, and why. */
export interface End {
  /** Milliseconds. */
  readonly at: number
  readonly refusal: StandingRefusal
}

/**
 * Why a certificate is no longer good, or null. `at` in milliseconds. The certificate of a superseded key has a
 * time from which it is refused, so that old and new can overlap.
 */
export function refusalOf({ user, certificate }: IdentityRecord, at: number): StandingRefusal | null {
  if (user.disabledAt || user.deletedAt) return 'account_disabled'
  if (certificate.revokedAt) return 'certificate_revoked'
  if (certificate.supersededAt && certificate.supersededAt.getTime() <= at) return 'certificate_superseded'
  if (certificate.notAfter.getTime() <= at) return 'certificate_expired'
  return null
}

/** The end of a certificate that is good, if nothing happens before. */
export function endOf({ certificate: { notAfter, supersededAt } }: IdentityRecord): End {
  if (supersededAt && supersededAt <= notAfter) return { at: supersededAt.getTime(), refusal: 'certificate_superseded' }
  return { at: notAfter.getTime(), refusal: 'certificate_expired' }
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
