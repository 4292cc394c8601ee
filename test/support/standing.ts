import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { TestServer } from './server.js'
import type { User } from './user.js'

/** Columns of a certificate and of its user; times in milliseconds. */
export interface Standing {
  readonly notAfter?: number
  readonly supersededAt?: number
  readonly revokedAt?: number
  readonly disabledAt?: number
  readonly deletedAt?: number
}

const OF_USER: ReadonlySet<string> = new Set(['disabledAt', 'deletedAt'])

/** Stores a change of the standing of a user, as whatever brings it about does, and tells the server. */
export function changeStanding(server: TestServer, { fingerprint }: User, standing: Standing): void {
  const database = new Database(join(server.directory, 'hermes.db'))
  try {
    const find = database.prepare('SELECT "userId" FROM "Certificate" WHERE "fingerprint" = ?').pluck()
    const userId = find.get(fingerprint) as number
    for (const [column, value] of Object.entries(standing)) {
      const [table, key, id] = OF_USER.has(column)
        ? ['User', 'id', userId]
        : ['Certificate', 'fingerprint', fingerprint]
      database.prepare(`UPDATE "${table}" SET "${column}" = ? WHERE "${key}" = ?`).run(value, id)
    }
    server.standingChanged(userId)
  } finally {
    database.close()
  }
}
