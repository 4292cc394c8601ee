import { accountStores } from '../accounts.js'
import { GroupCommit } from '../commit/group-commit.js'
import { groupedLog } from '../grouped-log.js'
import { SILENT, type StoreLogger } from '../logger.js'
import { NO_STORE_METER, type StoreMeter } from '../meter.js'
import { NO_QUOTAS, type Quotas } from '../quotas.js'
import { EarlierEvents } from '../reads/earlier-events.js'
import type { Store } from '../store.js'
import { unavailable } from '../unavailable.js'
import { type Read, row } from '../work.js'
import { WriteHealth } from '../write-health.js'
import { WriteQueue } from '../write-queue.js'
import { postgresAddress } from './address.js'
import { cannotOpen } from './cannot-open.js'
import { batchWriter } from './commit/batch-writer.js'
import { postgresEvents } from './event-log.js'
import { migrate, readMigrations } from './migrations.js'
import { openPools, POOL_LIMITS, type PoolLimits, type Pools } from './pools.js'
import { prismaWriter } from './prisma.js'
import { postgresReaders } from './readers.js'
import { writeProbe } from './write-probe.js'

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host/database`, with `sslmode` where it is another machine. */
  readonly url: string
  readonly limits?: PoolLimits
  /** By default none. */
  readonly quotas?: Quotas
  readonly now?: () => Date
  readonly logger?: StoreLogger
  readonly meter?: StoreMeter
}

/**
 * Opens the store in a PostgreSQL database, which other nodes may have open too, and brings it up to this program's
 * schema. Rejects with one line that names the database and what to do: `unavailable` where it cannot be reached,
 * `invalid_request` when it is another program's or a newer one's.
 */
export async function openPostgresStore({
  url,
  limits = POOL_LIMITS,
  quotas = NO_QUOTAS,
  now = () => new Date(),
  logger = SILENT,
  meter = NO_STORE_METER,
}: PostgresStoreOptions): Promise<Store> {
  const address = postgresAddress(url)
  const applied = await migrate(address, readMigrations()).catch((error) => {
    throw cannotOpen(address.name, error)
  })
  if (applied.length > 0) logger.info({ database: address.name, applied }, 'The database was brought up to date')
  const pools = openPools(address, limits, logger)
  try {
    return await connect(pools, { limits, quotas, now, logger, meter })
  } catch (error) {
    await pools.close()
    throw cannotOpen(address.name, error)
  }
}

async function readClock(read: Read): Promise<Date> {
  const clock = await read(row<{ at: number }>('SELECT clock_timestamp() AS "at"'))
  if (clock === null) throw unavailable(new Error('PostgreSQL does not tell the time'))
  return new Date(clock.at)
}

type Connect = Required<Omit<PostgresStoreOptions, 'url'>>

async function connect(pools: Pools, { limits, quotas, now, logger, meter }: Connect): Promise<Store> {
  const queue = new WriteQueue()
  const health = new WriteHealth(() => queue.run(() => writeProbe(pools.writer)), logger)
  const commits = new GroupCommit(queue, batchWriter(pools.writer, quotas), now, health, meter)
  const readers = postgresReaders(pools.readers)
  const writer = prismaWriter(pools.readers, limits.timeoutMs)
  const earlier = await EarlierEvents.asOfNow(readers.read)
  return {
    ...accountStores({
      readers,
      make: (name, input) => commits.change(name, input),
      writer,
      now,
      readClock: () => readClock(readers.read),
    }),
    isShared: true,
    log: groupedLog(readers, commits, postgresEvents(readers.read, earlier, queue, pools.writer)),
    async check() {
      await readers.read(row('SELECT "schemaVersion" FROM "Meta"'))
      await health.check()
    },
    async size() {
      const sized = await readers.read(row<{ main: number }>('SELECT pg_database_size(current_database()) AS "main"'))
      return { main: sized?.main ?? 0 }
    },
    async close() {
      await commits.close()
      await pools.close()
    },
  }
}
