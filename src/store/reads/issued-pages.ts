import { ISSUED_COLUMNS, type IssuedRow } from '../account-row.js'
import type { CertificatePage, CertificateStatus, IssuedCertificate } from '../administration-store.js'
import { withDates } from '../certificate-row.js'
import { indexedBy, rows, type Work } from '../work.js'

interface Source {
  readonly index: string
  /** Word for word the condition of the index; $5 is the time of asking. */
  readonly where: string
  readonly isTimed?: true
}

/** Certificates that stand alike and have an index of their own. */
const SOURCES = {
  good: { index: 'Certificate_good_idx', where: 'c."revokedAt" IS NULL AND c."supersededAt" IS NULL' },
  // Of the last minutes: good until their time has come. They are few, so that they may be sorted.
  pending: {
    index: 'Certificate_pending_idx',
    where: 'c."revokedAt" IS NULL AND c."supersededAt" > $5',
    isTimed: true,
  },
  superseded: {
    index: 'Certificate_superseded_idx',
    where: 'c."revokedAt" IS NULL AND c."supersededAt" IS NOT NULL AND c."supersededAt" <= $5',
    isTimed: true,
  },
  revoked: { index: 'Certificate_revoked_idx', where: 'c."revokedAt" IS NOT NULL' },
} as const satisfies Record<string, Source>

const OF_STATUS: Readonly<Record<CertificateStatus, readonly Source[]>> = {
  active: [SOURCES.good, SOURCES.pending],
  expired: [SOURCES.good, SOURCES.pending],
  superseded: [SOURCES.superseded],
  revoked: [SOURCES.revoked],
}
const ALL: readonly Source[] = Object.values(SOURCES)

/** Before and behind every certificate. */
const BEGIN = { notAfter: new Date(0), id: 0 }
const END = new Date('9999-12-31T23:59:59.999Z')
const LAST_ID = 2 ** 31 - 1

/** What is sorted is sorted by the index alone: the rows are read of those that are listed, hence the LEFT JOIN. */
function selectFrom({ index, where, isTimed }: Source, ofUser: boolean): string {
  const user = isTimed ? '$6' : '$5'
  return `
    SELECT ${ISSUED_COLUMNS}
    FROM (
      SELECT c."id" FROM "Certificate" c ${indexedBy(ofUser ? 'Certificate_userId_notAfter_idx' : index)}
      WHERE ${where} ${ofUser ? `AND c."userId" = ${user}` : ''}
        AND (c."notAfter", c."id") > ($1, CAST($2 AS BIGINT)) AND c."notAfter" < $3
      ORDER BY c."notAfter", c."id" LIMIT $4
    ) listed
    LEFT JOIN "Certificate" c ON c."id" = listed."id"
    LEFT JOIN "User" u ON u."id" = c."userId"`
}

/** Lists certificates by the end of their validity: a page of each source that may hold some, merged. */
export function* listIssued(page: CertificatePage): Work<readonly IssuedCertificate[]> {
  const { status, at, userId, limit } = page
  const { notAfter, id, before } = boundsOf(page)
  const issued: IssuedRow[] = []
  for (const source of status === null ? ALL : OF_STATUS[status]) {
    const values = [notAfter, id, before, limit, ...(source.isTimed ? [at] : []), ...(userId === null ? [] : [userId])]
    issued.push(...(yield* rows<IssuedRow>(selectFrom(source, userId !== null), ...values)))
  }
  issued.sort((a, b) => a.notAfter - b.notAfter || a.id - b.id)
  return issued.slice(0, limit).map(withDates)
}

interface Bounds {
  /** The place in the order behind which to begin. */
  readonly notAfter: Date
  readonly id: number
  /** Those that end from then on are left out. */
  readonly before: Date
}

function boundsOf({ status, at, expiresBefore, after }: CertificatePage): Bounds {
  const begin = after ?? BEGIN
  const { notAfter, id } = status === 'active' && begin.notAfter <= at ? { notAfter: at, id: LAST_ID } : begin
  const end = expiresBefore ?? END
  const ended = new Date(at.getTime() + 1)
  return { notAfter, id, before: status === 'expired' && ended < end ? ended : end }
}
