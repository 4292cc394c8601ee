import type { Database } from 'better-sqlite3'
import { accountChanges, type LockRow } from '../account-changes.js'
import type { MakeChange } from '../changes/changes.js'
import type { IdentityStore } from '../identity-store.js'
import { accountReads } from './account-reads.js'
import { identityReads } from './identity-reads.js'

/** Users, keys and certificates: reads on `reader`; whatever changes them is made by `make`. */
export function sqliteIdentities(reader: Database, make: MakeChange, now: () => Date): IdentityStore {
  const lock = reader.prepare<[string, string], LockRow>(
    'SELECT "locks", "lockedUntil" FROM "LoginFailure" WHERE "username" = ? AND "address" = ? AND "lockedUntil" NOTNULL',
  )
  const findLock = async ({ username, address }: { readonly username: string; readonly address: string }) =>
    lock.get(username, address) ?? null
  return { ...identityReads(reader), ...accountReads(reader), ...accountChanges(make, now, findLock) }
}
