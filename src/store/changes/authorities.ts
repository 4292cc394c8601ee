import { HermesError } from '../../errors.js'
import { type AuditEntry, OPERATOR } from '../audit.js'
import type { AuthorityRetirement, AuthoritySettlement, RevokedAuthority } from '../authority-store.js'
import { type IssuerName, kindOf } from '../revocation-store.js'
import { row, rows, type Work } from '../work.js'
import { audit } from './audit.js'
import { believedBy } from './clock.js'
import { recordCrl } from './crls.js'

const TABLES = { users: 'Certificate', servers: 'ServerCertificate' } as const
/** Where the newest of a user has ended, its key could still get the next one for some days. */
const NEWEST = '"id" = (SELECT max(n."id") FROM "Certificate" n WHERE n."userId" = "Certificate"."userId")'

/** Whom the audit log names for a CA: no username has an @. */
const subjectOfAuthority = (name: IssuerName | 'root'): string => `@${name}`

type Known = AuthoritySettlement['authorities'][number]

export function* settleAuthorities({ authorities, rootCrl, at }: AuthoritySettlement): Work<readonly number[]> {
  const known = yield* rows<Known>('SELECT "name", "fingerprint" FROM "Authority"')
  // Those of the first start, or of a program that kept no account of them, are nobody's act.
  const log = function* (entry: Omit<AuditEntry, 'actor' | 'at'>): Work<void> {
    if (known.length > 0) yield* audit({ ...entry, actor: OPERATOR, at })
  }
  for (const { name, fingerprint } of authorities) {
    const before = known.find((one) => one.name === name)
    if (before !== undefined) requireSame(before, fingerprint)
    else if (yield* isAdded(name, fingerprint))
      yield* log({ action: 'rotate-ca', subject: subjectOfAuthority(name), details: { certificate: fingerprint } })
  }
  if (rootCrl === null) return []
  if (yield* recordCrl({ issuer: 'root', number: rootCrl.number, issuedAt: at }))
    yield* log({ action: 'root-crl', subject: subjectOfAuthority('root'), details: { number: rootCrl.number } })
  const users: number[] = []
  for (const revoked of rootCrl.revoked) users.push(...(yield* revokeAuthority(revoked, at)))
  return users
}

function requireSame({ name, fingerprint }: Known, found: string): void {
  if (fingerprint === found) return
  const sentence = `The certificate of the CA ${name} has the fingerprint ${found}; in this database ${fingerprint} has that name: restore that one`
  throw new HermesError('invalid_request', sentence)
}

/** False where another node was first. */
function* isAdded(name: IssuerName, fingerprint: string): Work<boolean> {
  const added = yield* rows(
    'INSERT INTO "Authority" ("name", "fingerprint") VALUES ($1, $2) ON CONFLICT ("name") DO NOTHING RETURNING "name"',
    ...[name, fingerprint],
  )
  return added.length > 0
}

/** Of a CA that is revoked, nothing is good any more [RFC 5280 6.1]. Answers whose certificates were. */
function* revokeAuthority({ name, reason }: RevokedAuthority, at: Date): Work<readonly number[]> {
  const [marked] = yield* rows(
    'UPDATE "Authority" SET "revokedAt" = $1 WHERE "name" = $2 AND "revokedAt" IS NULL RETURNING "name"',
    ...[at, name],
  )
  if (marked === undefined) return []
  const isOfUsers = kindOf(name) === 'users'
  const revoked = yield* rows<{ readonly userId: number }>(
    `UPDATE "${TABLES[kindOf(name)]}" SET "revokedAt" = $1, "revocationReason" = $2
      WHERE "issuer" = $3 AND ("notAfter" > $4 ${isOfUsers ? `OR ${NEWEST}` : ''})
        AND "revokedAt" IS NULL AND ("supersededAt" IS NULL OR "supersededAt" > $5)
      RETURNING ${isOfUsers ? '"userId"' : '0 AS "userId"'}`,
    ...[at, reason, name, at, at],
  )
  const details = { reason, certificates: revoked.length }
  yield* audit({ at, actor: OPERATOR, action: 'revoke-ca', subject: subjectOfAuthority(name), details })
  return isOfUsers ? [...new Set(revoked.map(({ userId }) => userId))] : []
}

function* isRevoked(name: IssuerName): Work<boolean> {
  return (yield* row('SELECT 1 FROM "Authority" WHERE "name" = $1 AND "revokedAt" IS NOT NULL', name)) !== null
}

export function* retireAuthority({ name, at }: AuthorityRetirement): Work<void> {
  const last = yield* row<{ readonly notAfter: number }>(
    `SELECT "notAfter" FROM "${TABLES[kindOf(name)]}" WHERE "issuer" = $1 ORDER BY "notAfter" DESC LIMIT 1`,
    name,
  )
  const now = yield* believedBy(at)
  // Nobody trusts what a revoked CA signs, so that nothing waits for its key.
  if (last !== null && last.notAfter > now.getTime() && !(yield* isRevoked(name))) {
    const end = new Date(last.notAfter).toISOString()
    const doubt = last.notAfter <= at.getTime() ? ', and the clock is not believed yet ("hermes admin doctor")' : ''
    throw new HermesError(
      'forbidden',
      `A certificate of the CA ${name} is good until ${end}: its key is needed till then${doubt}`,
    )
  }
  const [marked] = yield* rows(
    'UPDATE "Authority" SET "retiredAt" = $1 WHERE "name" = $2 AND "retiredAt" IS NULL RETURNING "name"',
    ...[at, name],
  )
  if (marked !== undefined)
    yield* audit({ at, actor: OPERATOR, action: 'retire-ca', subject: subjectOfAuthority(name), details: {} })
}
