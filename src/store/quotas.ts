import { HermesError } from '../errors.js'

/** How much of the database one user may take (protocol.md "Flow, and being cut off"). 0 is no limit. */
export interface Quotas {
  /** Conversations that he made within an hour. */
  readonly startsPerHour: number
  /** Open invitations that he made. */
  readonly openInvitationsMax: number
  /** Those of them that are to one person. */
  readonly openInvitationsToOneMax: number
  /** Stays of his that have no end. */
  readonly membershipsMax: number
  /** Bytes of UTF-8 of the bodies of his messages that are stored, and of what brought members in lately. */
  readonly storedBytesMax: number
}

export type Quota = keyof Quotas

/** More than a quota allows. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError'
  readonly quota: Quota
  readonly limit: number

  constructor(quota: Quota, limit: number) {
    super(`more than ${quota} ${limit}`)
    this.quota = quota
    this.limit = limit
  }
}

export const NO_QUOTAS: Quotas = {
  startsPerHour: 0,
  openInvitationsMax: 0,
  openInvitationsToOneMax: 0,
  membershipsMax: 0,
  storedBytesMax: 0,
}

interface Description {
  /** What programs are told. */
  readonly name: string
  readonly variable: string
  readonly rule: (limit: number) => string
}

const DESCRIPTIONS: Readonly<Record<Quota, Description>> = {
  startsPerHour: {
    name: 'startsPerHour',
    variable: 'HERMES_STARTS_PER_HOUR',
    rule: (limit) => `A user may start at most ${limit} conversations in an hour; wait a while`,
  },
  openInvitationsMax: {
    name: 'openInvitations',
    variable: 'HERMES_OPEN_INVITATIONS_MAX',
    rule: (limit) =>
      `A user may have made at most ${limit} invitations that are open; cancel one, or wait for an answer`,
  },
  openInvitationsToOneMax: {
    name: 'openInvitationsToOne',
    variable: 'HERMES_OPEN_INVITATIONS_TO_ONE_MAX',
    rule: (limit) =>
      `A user may have made at most ${limit} invitations to one person that are open; cancel one, or wait for an answer`,
  },
  membershipsMax: {
    name: 'memberships',
    variable: 'HERMES_MEMBERSHIPS_MAX',
    rule: (limit) => `A user may be a member of at most ${limit} conversations; who would join another must leave one`,
  },
  storedBytesMax: {
    name: 'storedBytes',
    variable: 'HERMES_STORED_BYTES_MAX',
    rule: (limit) => `What a sender stored may take at most ${limit} bytes; wait until old messages are removed`,
  },
}

/** The refusal of what would have gone beyond a quota; `data` names it and its limit for programs. */
export function quotaExceeded(quota: Quota, limit: number): HermesError {
  const { name, variable, rule } = DESCRIPTIONS[quota]
  return new HermesError('quota_exceeded', `${rule(limit)} (${variable})`, { data: { limit, quota: name } })
}
