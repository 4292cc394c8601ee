import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { Prisma, PrismaClient } from '../generated/sqlite/client.js'
import { BUSY_TIMEOUT_MS, WRITER_PRAGMAS } from './connection.js'

/**
 * How long a transaction may wait for the adapter, and take, in milliseconds; a full disk or a lock is an error sooner.
 */
const TRANSACTION = { maxWait: 4 * BUSY_TIMEOUT_MS, timeout: 4 * BUSY_TIMEOUT_MS }
/**
 * Pages after which this connection moves the log into the database: late, so that the committing thread does it first.
 */
const CHECKPOINT_PAGES = 4000

/** A client on a connection of its own to the database file. */
export async function connectPrisma(path: string): Promise<PrismaClient> {
  const client = new PrismaClient({ adapter: adapter(path), transactionOptions: TRANSACTION })
  await client.$connect()
  return client
}

export function isValidationError(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientValidationError
}

/** The adapter of better-sqlite3, whose one connection is told what every writer is told. */
function adapter(path: string): PrismaBetterSqlite3 {
  const factory = new PrismaBetterSqlite3({ url: path, timeout: BUSY_TIMEOUT_MS }, { timestampFormat: 'unixepoch-ms' })
  const connect = factory.connect.bind(factory)
  factory.connect = async () => {
    const connection = await connect()
    await connection.executeScript(`${WRITER_PRAGMAS} PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`)
    return connection
  }
  return factory
}
