import type { DatabaseFacts } from './examination.js'
import { isPostgres } from './postgres/address.js'
import { databasePath } from './sqlite/database-file.js'

/** Looks at the database of a URL, whether a server runs or not. Throws where it cannot be read at all. */
export async function examineDatabase(url: string): Promise<DatabaseFacts> {
  if (isPostgres(url)) return (await import('./postgres/examination.js')).examinePostgres(url)
  return (await import('./sqlite/examination.js')).examineSqlite(databasePath(url))
}
