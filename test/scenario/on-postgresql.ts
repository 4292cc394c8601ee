import t from 'tap'
import { NO_POSTGRES } from '../store/postgres-database.js'
import { STORE } from '../support/server.js'

/** Runs test files of this folder once more, with servers whose store is PostgreSQL. */
export async function onPostgresql(files: readonly string[]): Promise<void> {
  if (NO_POSTGRES !== false) t.pass('not run', { skip: NO_POSTGRES })
  else {
    process.env[STORE] = 'postgresql'
    for (const file of files) await import(`./${file}.test.js`)
  }
}
