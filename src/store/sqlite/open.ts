import { stat } from 'node:fs/promises'
import type { Database } from 'better-sqlite3'
import { accountStores } from '../accounts.js'
import type { MakeChange } from '../changes/changes.js'
import { GroupCommit } from '../commit/group-commit.js'
import { groupedLog } from '../grouped-log.js'
import { SILENT, type StoreLogger } from '../logger.js'
import { NO_STORE_METER, type StoreMeter } from '../meter.js'
import { NO_QUOTAS, type Quotas } from '../quotas.js'
import { EarlierEvents } from '../reads/earlier-events.js'
import type { Store } from '../store.js'
import { unavailable } from '../unavailable.js'
import { WriteHealth } from '../write-health.js'
import { WriteQueue } from '../write-queue.js'
import { CommitThread } from './commit-thread.js'
import { openReader, openWriter } from './connection.js'
import { cannotOpen, createDatabaseFile, databasePath } from './database-file.js'
import { sqliteEvents } from './event-log.js'
import { type Lock, lockDatabase } from './lock.js'
import { checkSchema, migrate, readMigrations } from './migrations.js'
import { PrismaWriter } from './prisma.js'
import { sqliteReaders } from './readers.js'

export interface SqliteStoreOptions {
  /** `file:` and a path, relative to the working directory, such as file:./data/hermes.db. */
  readonly url: string
  /** By default none. */
  readonly quotas?: Quotas
  readonly now?: () => Date
  readonly logger?: StoreLogger
  readonly meter?: StoreMeter
  /** Refuse a database that another exclusive store has open, in this process or another; by default false. */
  readonly exclusive?: boolean
}

/**
 * Opens the store in a SQLite database, made at first, and brings it up to this program's schema.
 * Rejects with one line that names the file and what to do: `unavailable` when it is damaged or cannot be
 * written or is in use, `invalid_request` when it is another program's or a newer one's.
 */
export async function openSqliteStore({
  url,
  quotas = NO_QUOTAS,
  now = () => new Date(),
  logger = SILENT,
  meter = NO_STORE_METER,
  exclusive = false,
}: SqliteStoreOptions): Promise<Store> {
  const path = databasePath(url)
  createDatabaseFile(path)
  let lock: Lock | null = null
  try {
    const migrations = readMigrations()
    // With a connection that changes nothing, not even the journal mode, for the file may be another program's.
    using(openReader(path), (db) => checkSchema(db, path, migrations))
    if (exclusive) lock = lockDatabase(path)
    const applied = using(openWriter(path), (db) => migrate(db, path, migrations))
    if (applied.length > 0) logger.info({ database: path, applied }, 'The database was brought up to date')
    return releasing(await connect({ path, quotas, now, logger, meter }), lock)
  } catch (error) {
    lock?.close()
    throw cannotOpen(path, error)
  }
}

/** The store, whose close gives the lock back last. */
function releasing(store: Store, lock: Lock | null): Store {
  if (lock === null) return store
  const close = async () => {
    await store.close()
    lock.close()
  }
  return { ...store, close }
}

function using<T>(db: Database, use: (db: Database) => T): T {
  try {
    return use(db)
  } finally {
    db.close()
  }
}

interface Connect extends Required<Pick<SqliteStoreOptions, 'quotas' | 'now' | 'logger' | 'meter'>> {
  readonly path: string
}

async function connect({ path, quotas, now, logger, meter }: Connect): Promise<Store> {
  const queue = new WriteQueue()
  const thread = new CommitThread({ path, quotas }, logger)
  const health = new WriteHealth(() => queue.run(() => thread.probe()), logger)
  const writer = new PrismaWriter(path, queue, health)
  try {
    await thread.start()
  } catch (error) {
    await Promise.allSettled([writer.close(), thread.close()])
    throw error
  }
  const commits = new GroupCommit(queue, thread.commit, now, health, meter)
  const make: MakeChange = (name, input) => commits.change(name, input)
  const reader = openReader(path)
  const readers = sqliteReaders(reader)
  const earlier = await EarlierEvents.asOfNow(readers.read)
  return {
    ...accountStores({ readers, make, writer, now, readClock: async () => null }),
    isShared: false,
    log: groupedLog(readers, commits, sqliteEvents(reader, earlier, queue, thread)),
    async check() {
      checkReadable(reader)
      await health.check()
    },
    size: async () => ({ main: await sizeOf(path), wal: await sizeOf(`${path}-wal`) }),
    async close() {
      await commits.close()
      await writer.close()
      reader.close()
      // Last, since whoever closes last writes the log back into the database, which takes a while.
      await thread.close()
    },
  }
}

/** 0 for a file that is not there. */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0
}

function checkReadable(reader: Database): void {
  try {
    reader.prepare('SELECT "schemaVersion" FROM "Meta"').get()
  } catch (error) {
    throw unavailable(error)
  }
}
