import Database from 'better-sqlite3'
import { Client } from 'pg'
import type { Test } from 'tap'
import { postgresAddress } from '../../src/store/postgres/address.js'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { configOf, POOL_LIMITS } from '../../src/store/postgres/pools.js'
import { perform } from '../../src/store/postgres/statements.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { workRunner } from '../../src/store/sqlite/work-runner.js'
import type { Store } from '../../src/store/store.js'
import { type Read, run, type Value, type Work } from '../../src/store/work.js'
import { NO_POSTGRES, testDatabase } from './postgres-database.js'

/** A store, with a way to its database past it. */
export interface Scene {
  readonly url: string
  readonly store: Store
  readonly work: Read
  readonly execute: (sql: string, ...values: readonly Value[]) => Promise<void>
}

interface Engine {
  readonly name: string
  readonly skip: string | false
  readonly open: (t: Test) => Promise<Scene>
}

export const ENGINES: readonly Engine[] = [
  { name: 'SQLite', skip: false, open: openSqlite },
  { name: 'PostgreSQL', skip: NO_POSTGRES, open: openPostgres },
]

const scene = (url: string, store: Store, work: Read): Scene => ({
  url,
  store,
  work,
  execute: (sql, ...values) => work(run(sql, ...values)),
})

async function openSqlite(t: Test): Promise<Scene> {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  const db = new Database(path)
  t.teardown(async () => {
    db.close()
    await store.close()
  })
  const perform = workRunner(db)
  return scene(`file:${path}`, store, async <T>(work: Work<T>) => perform(work))
}

async function openPostgres(t: Test): Promise<Scene> {
  const url = await testDatabase(t)
  const store = await openPostgresStore({ url })
  const client = new Client(configOf(postgresAddress(url), POOL_LIMITS))
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await store.close()
  })
  return scene(url, store, (work) => perform(client, work))
}
