import type { Database, Statement } from 'better-sqlite3'
import { ISSUED_COLUMNS, type IssuedRow } from '../../account-row.js'
import type { CertificatePage, CertificateStatus, IssuedCertificate } from '../../administration-store.js'
import { withDates } from '../../certificate-row.js'

/** Certificates that stand alike and have an index of their own, whose condition is theirs word for word. */
const SOURCES = {
  good: { index: 'Certificate_good_idx', where: 'c."revokedAt" IS NULL AND c."supersededAt" IS NULL' },
  // Of the last minutes: good until their time has come. They are few, so that they may be sorted.
  pending: { index: 'Certificate_pending_idx', where: 'c."revokedAt" IS NULL AND c."supersededAt" > @at' },
  superseded: {
    index: 'Certificate_superseded_idx',
    where: 'c."revokedAt" IS NULL AND c."supersededAt" IS NOT NULL AND c."supersededAt" <= @at',
  },
  revoked: { index: 'Certificate_revoked_idx', where: 'c."revokedAt" IS NOT NULL' },
} as const

type Source = keyof typeof SOURCES

const ALL = Object.keys(SOURCES) as readonly Source[]
const OF_STATUS: Readonly<Record<CertificateStatus, readonly Source[]>> = {
  active: ['good', 'pending'],
  expired: ['good', 'pending'],
  superseded: ['superseded'],
  revoked: ['revoked'],
}

/** Behind every id. */
const LAST_ID = Number.MAX_SAFE_INTEGER

/** What is sorted is sorted by the index alone: the rows are read of those that are listed. */
function selectFrom(source: Source, ofUser: boolean): string {
  const { index, where } = SOURCES[source]
  return `
    SELECT ${ISSUED_COLUMNS}
    FROM (
      SELECT c."id" FROM "Certificate" c INDEXED BY "${ofUser ? 'Certificate_userId_notAfter_idx' : index}"
      WHERE ${where} ${ofUser ? 'AND c."userId" = @userId' : ''}
        AND (c."notAfter", c."id") > (@notAfter, @id) AND c."notAfter" < @before
      ORDER BY c."notAfter", c."id" LIMIT @limit
    ) listed
    CROSS JOIN "Certificate" c ON c."id" = listed."id"
    CROSS JOIN "User" u ON u."id" = c."userId"`
}

interface Bounds {
  readonly at: number
  readonly userId: number | null
  /** The place in the order behind which to begin. */
  readonly notAfter: number
  readonly id: number
  /** Those that end from then on are left out. */
  readonly before: number
  readonly limit: number
}

/** Lists certificates by the end of their validity: a page of each source that may hold some, merged. */
export function issuedPages(db: Database): (page: CertificatePage) => readonly IssuedCertificate[] {
  const prepare = (ofUser: boolean) =>
    Object.fromEntries(ALL.map((source) => [source, db.prepare(selectFrom(source, ofUser))])) as Record<
      Source,
      Statement<[Bounds], IssuedRow>
    >
  const statements = { all: prepare(false), ofUser: prepare(true) }
  return (page) => {
    const from = page.userId === null ? statements.all : statements.ofUser
    const sources = page.status === null ? ALL : OF_STATUS[page.status]
    const rows = sources.flatMap((source) => from[source].all(boundsOf(page)))
    rows.sort((a, b) => a.notAfter - b.notAfter || a.id - b.id)
    return rows.slice(0, page.limit).map(withDates)
  }
}

function boundsOf({ status, at, expiresBefore, userId, after, limit }: CertificatePage): Bounds {
  const now = at.getTime()
  const begin = after === null ? { notAfter: Number.MIN_SAFE_INTEGER, id: 0 } : { ...after, notAfter: +after.notAfter }
  const { notAfter, id } = status === 'active' && begin.notAfter <= now ? { notAfter: now, id: LAST_ID } : begin
  const end = expiresBefore?.getTime() ?? Number.MAX_SAFE_INTEGER
  const before = status === 'expired' ? Math.min(end, now + 1) : end
  return { at: now, userId, notAfter, id, before, limit }
}
