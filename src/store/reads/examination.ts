import { followAudit } from '../audit-chain.js'
import { toDate } from '../certificate-row.js'
import type { DatabaseFacts, EngineFacts, KnownAuthority } from '../examination.js'
import { type Readers, row, rows, type Work } from '../work.js'
import { auditReads } from './audit.js'
import { memberProblems } from './member-problems.js'
import { NEWEST } from './newest.js'

export const PROBLEMS_MAX = 20

const BELIEVED = 'SELECT "believedAt" AS "at" FROM "Meta"'
const CERTIFICATES = 'SELECT count(*) AS "count" FROM "Certificate"'
const SHORT = `${CERTIFICATES} WHERE length("serialNumber") < 16`
const ALIKE = `
  SELECT CAST(coalesce(sum("n"), 0) AS BIGINT) AS "count" FROM (
    SELECT count(*) AS "n" FROM "Certificate" GROUP BY substr("serialNumber", 1, 16) HAVING count(*) > 1) AS "groups"`
const COSTS = `
  SELECT substr("passwordHash", 5, 2) AS "cost", count(*) AS "users" FROM "User" WHERE "deletedAt" IS NULL GROUP BY 1`
const ROOT_CRL = `SELECT "number" FROM "Crl" WHERE "issuer" = 'root'`
const AUTHORITIES = `
  SELECT a."name", a."fingerprint", a."revokedAt", a."retiredAt",
    (SELECT max("notAfter") FROM "Certificate" WHERE "issuer" = a."name") AS "lastOfUsers",
    (SELECT max("notAfter") FROM "ServerCertificate" WHERE "issuer" = a."name") AS "lastOfServers"
  FROM "Authority" a ORDER BY a."name"`

interface AuthorityRow extends Pick<KnownAuthority, 'name' | 'fingerprint'> {
  readonly revokedAt: number | null
  readonly retiredAt: number | null
  readonly lastOfUsers: number | null
  readonly lastOfServers: number | null
}

/** What the schema of an older program lacks. */
export interface Lacking {
  readonly authorities?: boolean
  readonly believedTime?: boolean
}

/** All of a database; `engine` knows the rest of it. */
export async function examine(
  { read, snapshot }: Readers,
  engine: EngineFacts,
  lacking: Lacking = {},
): Promise<DatabaseFacts> {
  const chain = await followAudit(auditReads(read), null)
  return {
    ...engine,
    // Of one moment: a running server changes both sides of the comparison.
    projections: await snapshot(memberProblems(PROBLEMS_MAX)),
    auditRows: chain.head.seq,
    brokenAudit: chain.end(),
    newest: toDate((await read(row<{ readonly at: number | null }>(NEWEST)))?.at ?? null),
    believed: lacking.believedTime ? null : toDate((await read(row<{ at: number | null }>(BELIEVED)))?.at ?? null),
    certificates: await read(count(CERTIFICATES)),
    weakSerials: (await read(count(SHORT))) + (await read(count(ALIKE))),
    hashCosts: await read(hashCosts()),
    rootCrl: (await read(row<{ readonly number: number }>(ROOT_CRL)))?.number ?? null,
    authorities: lacking.authorities ? [] : await read(knownAuthorities()),
  }
}

function* count(sql: string): Work<number> {
  return (yield* row<{ readonly count: number }>(sql))?.count ?? 0
}

function* hashCosts(): Work<DatabaseFacts['hashCosts']> {
  const costs = yield* rows<{ readonly cost: string; readonly users: number }>(COSTS)
  return Object.fromEntries(costs.map(({ cost, users }) => [Number(cost), users]))
}

function* knownAuthorities(): Work<readonly KnownAuthority[]> {
  const known = yield* rows<AuthorityRow>(AUTHORITIES)
  return known.map(({ name, fingerprint, revokedAt, retiredAt, lastOfUsers, lastOfServers }) => {
    const lastEnd = Math.max(lastOfUsers ?? 0, lastOfServers ?? 0)
    const standing = { isRevoked: revokedAt !== null, isRetired: retiredAt !== null }
    return { name, fingerprint, lastEnd: lastEnd === 0 ? null : new Date(lastEnd), ...standing }
  })
}
