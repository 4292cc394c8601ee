import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../../client/refusal.js'
import { HermesError } from '../../errors.js'
import { isPostgres } from '../../store/postgres/address.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import type { AuthorityList } from '../../wire/authorities.js'
import type { Invocation } from './command.js'

/** What the installation has now, or why it did not take what is in the folder. */
export type Taken = { readonly list: AuthorityList } | { readonly reason: string }

/**
 * Has the server that runs here, or else the database, take what was put into the certificates folder. On a machine
 * that has the root's key alone there is neither.
 */
export async function takeAuthorities({ config, connect }: Invocation): Promise<Taken> {
  const path = isPostgres(config.databaseUrl) ? null : databasePath(config.databaseUrl)
  if (path !== null && !existsSync(path)) return { reason: `there is no database ${path}` }
  if (!existsSync(join(config.certsDir, 'server.pem'))) return { reason: `${config.certsDir} is not that of a server` }
  try {
    return { list: (await (await connect()).call('POST', '/admin/authorities/refresh', {})) as AuthorityList }
  } catch (error) {
    if (error instanceof HermesError || error instanceof Refusal) return { reason: error.message }
    throw error
  }
}

/** What is to be done where the server has not taken what was made: `it` or `both files`. */
export function howToCopy(taken: Taken, what: string): string {
  const why = 'reason' in taken ? ` (${taken.reason})` : ''
  return `No server has it yet${why}: copy ${what} into its certificates folder, and it is taken within seconds.\n`
}
