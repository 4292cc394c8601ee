import Sqlite, { type Database } from 'better-sqlite3'
import { type BrokenRow, followAudit } from '../audit-chain.js'
import { auditReads } from '../reads/audit.js'
import { openReader } from './connection.js'
import { checkMembers } from './member-check.js'
import { migrate, readMigrations } from './migrations.js'
import { sqliteReaders } from './readers.js'

/** What is to be known of a database without changing anything in it, whether a server runs or not. */
export interface DatabaseFacts {
  readonly schemaVersion: number
  /** Of this program. */
  readonly newestVersion: number
  /** Tables, indexes and triggers that are missing, or not of the migrations, and triggers that are not as they were. */
  readonly strangeSchema: readonly string[]
  /** What SQLite's own checks find; empty where all is well. */
  readonly damage: readonly string[]
  /** Rows whose projection is not what the log says, a sentence each. */
  readonly projections: readonly string[]
  readonly auditRows: number
  readonly brokenAudit: BrokenRow | null
  /** The latest time that is stored anywhere, or null. */
  readonly newest: Date | null
  readonly certificates: number
  /** Serial numbers of less than 64 bits, or that share their first 64 bits with another. */
  readonly weakSerials: number
  /** Users whose hash is of a lower cost than so many rounds of bcrypt, by cost. */
  readonly hashCosts: Readonly<Record<string, number>>
  /** The number of the newest CRL of the root that was ever here; null for none. */
  readonly rootCrl: number | null
  /** The issuing CAs that this database knows. */
  readonly authorities: readonly KnownAuthority[]
}

export interface KnownAuthority {
  readonly name: string
  readonly fingerprint: string
  /** When the last certificate that it issued ends; null when it issued none. */
  readonly lastEnd: Date | null
  /** Whether a CRL of the root has listed it. */
  readonly isRevoked: boolean
  /** Whether its key was to be removed. */
  readonly isRetired: boolean
}

const PROBLEMS_MAX = 20

const NEWEST = `
  SELECT max("at") FROM (
    SELECT max("createdAt") AS "at" FROM "User" UNION ALL SELECT max("at") FROM "Audit"
    UNION ALL SELECT max("lastSeenAt") FROM "Device"
    UNION ALL SELECT "at" FROM "Event" WHERE "id" = (SELECT max("id") FROM "Event"))`
const SHORT = `SELECT count(*) FROM "Certificate" WHERE length("serialNumber") < 16`
const ALIKE = `
  SELECT coalesce(sum("n"), 0) FROM (
    SELECT count(*) AS "n" FROM "Certificate" GROUP BY substr("serialNumber", 1, 16) HAVING "n" > 1)`
const COSTS = `
  SELECT CAST(substr("passwordHash", 5, 2) AS INTEGER) AS "cost", count(*) AS "users" FROM "User"
  WHERE "deletedAt" IS NULL GROUP BY 1`

const ROOT_CRL = `SELECT "number" FROM "Crl" WHERE "issuer" = 'root'`
const AUTHORITIES = `
  SELECT a."name", a."fingerprint", a."revokedAt", a."retiredAt", max(
    coalesce((SELECT max("notAfter") FROM "Certificate" WHERE "issuer" = a."name"), 0),
    coalesce((SELECT max("notAfter") FROM "ServerCertificate" WHERE "issuer" = a."name"), 0)) AS "lastEnd"
  FROM "Authority" a ORDER BY a."name"`
/** The schema that has them. */
const AUTHORITIES_VERSION = 9

interface AuthorityRow extends Pick<KnownAuthority, 'name' | 'fingerprint'> {
  readonly revokedAt: number | null
  readonly retiredAt: number | null
  /** 0 for none. */
  readonly lastEnd: number
}

function authoritiesIn(db: Database, schemaVersion: number): readonly KnownAuthority[] {
  if (schemaVersion < AUTHORITIES_VERSION) return []
  const rows = db.prepare<[], AuthorityRow>(AUTHORITIES).all()
  return rows.map(({ revokedAt, retiredAt, lastEnd, ...row }) => ({
    ...row,
    lastEnd: lastEnd === 0 ? null : new Date(lastEnd),
    isRevoked: revokedAt !== null,
    isRetired: retiredAt !== null,
  }))
}

function strangeSchema(db: Database, schemaVersion: number): readonly string[] {
  const model = new Sqlite(':memory:')
  try {
    migrate(model, ':memory:', readMigrations().slice(0, schemaVersion))
    const [made, found] = [schemaOf(model), schemaOf(db)]
    return [...new Set([...made.keys(), ...found.keys()])].filter((name) => made.get(name) !== found.get(name))
  } finally {
    model.close()
  }
}

/** Of a table not what SQLite writes down, which depends on its version once the table was altered. */
function schemaOf(db: Database): ReadonlyMap<string, string> {
  const objects = db.prepare<[], [string, string]>(
    `SELECT name, CASE type WHEN 'trigger' THEN sql ELSE type END FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  )
  return new Map(objects.raw().all())
}

/** Throws where the file cannot be opened or read at all. */
export async function examineDatabase(path: string): Promise<DatabaseFacts> {
  const db = openReader(path)
  try {
    const number = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0
    const damage = damageOf(db)
    const newest = db.prepare<[], number | null>(NEWEST).pluck().get() ?? null
    const costs = db.prepare<[], { cost: number; users: number }>(COSTS).all()
    const chain = await followAudit(auditReads(sqliteReaders(db).read), null)
    const schemaVersion = number('SELECT "schemaVersion" FROM "Meta"')
    return {
      schemaVersion,
      newestVersion: readMigrations().length,
      strangeSchema: strangeSchema(db, schemaVersion),
      damage,
      // Of one moment: a running server changes both sides of the comparison.
      projections: db.transaction(() => checkMembers(db, PROBLEMS_MAX))(),
      auditRows: chain.head.seq,
      brokenAudit: chain.end(),
      newest: newest === null ? null : new Date(newest),
      certificates: number('SELECT count(*) FROM "Certificate"'),
      weakSerials: number(SHORT) + number(ALIKE),
      hashCosts: Object.fromEntries(costs.map(({ cost, users }) => [cost, users])),
      rootCrl: db.prepare<[], number>(ROOT_CRL).pluck().get() ?? null,
      authorities: authoritiesIn(db, schemaVersion),
    }
  } finally {
    db.close()
  }
}

/** What SQLite finds wrong, a sentence each; empty where all is well. */
export function damageOf(db: Database): readonly string[] {
  const found = db.pragma(`integrity_check(${PROBLEMS_MAX})`) as { readonly integrity_check: string }[]
  const orphans = db.pragma('foreign_key_check') as { readonly table: string; readonly parent: string }[]
  return [
    ...found.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...orphans
      .slice(0, PROBLEMS_MAX)
      .map(({ table, parent }) => `a row of ${table} names a ${parent} that is not there`),
  ]
}
