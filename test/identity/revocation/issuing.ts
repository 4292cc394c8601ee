import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Test } from 'tap'
import { CrlIssuer } from '../../../src/identity/revocation/crl-issuer.js'
import { createHierarchy, type Hierarchy } from '../../../src/pki/hierarchy.js'
import type { RevocationStore } from '../../../src/store/revocation-store.js'
import { openSqliteStore } from '../../../src/store/sqlite/open.js'
import { T0 } from '../../store/fixtures.js'

export const DAY = 86_400_000

export const hierarchy: Hierarchy = createHierarchy({ now: new Date(T0) })

/** A certificate as its columns; times from T0 on. */
export interface Issued {
  readonly serialNumber: string
  readonly notAfter: number
  readonly supersededAt: number | null
  readonly revokedAt: number | null
  readonly reason: string | null
}

export interface World {
  readonly clock: { now: number }
  readonly revocations: RevocationStore
  readonly hierarchy: Hierarchy
  /** Stores certificates of users, as if they had been issued and then revoked. */
  issue(...certificates: readonly Partial<Issued>[]): readonly string[]
  revoke(serialNumber: string, revokedAt: number, reason: string | null): void
  /** A CRL issuer, as after a start. */
  issuer(options?: { readonly store?: RevocationStore; readonly paceMs?: number }): CrlIssuer
}

/** A database with one user, whose certificates a test makes by the thousand. */
export async function createWorld(t: Test): Promise<World> {
  const path = join(t.testdir(), 'hermes.db')
  const store = await openSqliteStore({ url: `file:${path}` })
  const db = new Database(path)
  t.teardown(async () => {
    db.close()
    await store.close()
  })
  db.exec(`INSERT INTO "User" ("id", "username", "passwordHash", "createdAt") VALUES (1, 'alice', '', 0);
    INSERT INTO "Key" ("spkiHash", "userId") VALUES ('key', 1)`)
  const insert = db.prepare(`
    INSERT INTO "Certificate" ("serialNumber", "userId", "fingerprint", "spkiHash", "der", "notBefore", "notAfter",
      "authorisedBy", "supersededAt", "revokedAt", "revocationReason")
    VALUES (?, 1, ?, 'key', x'', 0, ?, 'key', ?, ?, ?)`)
  const revoke = db.prepare('UPDATE "Certificate" SET "revokedAt" = ?, "revocationReason" = ? WHERE "serialNumber" = ?')
  const clock = { now: T0 }
  const issueOne = (certificate: Partial<Issued>) => {
    const serialNumber = certificate.serialNumber ?? `01${randomBytes(17).toString('hex')}`
    const { notAfter = T0 + 90 * DAY, supersededAt = null, revokedAt = null, reason = null } = certificate
    insert.run(serialNumber, serialNumber, notAfter, supersededAt, null, null)
    if (revokedAt !== null) revoke.run(revokedAt, reason, serialNumber)
    return serialNumber
  }
  return {
    clock,
    revocations: store.revocations,
    hierarchy,
    issue: db.transaction((...certificates: readonly Partial<Issued>[]) => certificates.map(issueOne)),
    revoke: (serialNumber, revokedAt, reason) => revoke.run(revokedAt, reason, serialNumber),
    issuer: ({ store: revocations = store.revocations, paceMs = 0 } = {}) =>
      new CrlIssuer({
        issuer: 'users',
        authority: hierarchy.users,
        store: revocations,
        hours: 24,
        now: () => new Date(clock.now),
        paceMs,
      }),
  }
}
