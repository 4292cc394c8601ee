import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { HermesError } from '../../errors.js'
import { Prisma, PrismaClient } from '../generated/client.js'
import type { WriteQueue } from '../write-queue.js'
import { BUSY_TIMEOUT_MS, WRITER_PRAGMAS } from './connection.js'
import { unavailable } from './sqlite-error.js'

/** How long a transaction may wait for the adapter, and take, in milliseconds; a full disk or a lock is an error sooner. */
const TRANSACTION = { maxWait: 4 * BUSY_TIMEOUT_MS, timeout: 4 * BUSY_TIMEOUT_MS }
/** Pages after which this connection moves the log into the database: late, so that the committing thread does it first. */
const CHECKPOINT_PAGES = 4000

export type Transaction = Prisma.TransactionClient

/** Writes through Prisma: one transaction at a time, none while the committing thread writes. */
export class PrismaWriter {
  readonly #client: PrismaClient
  readonly #queue: WriteQueue

  constructor(path: string, queue: WriteQueue) {
    this.#client = new PrismaClient({ adapter: adapter(path), transactionOptions: TRANSACTION })
    this.#queue = queue
  }

  async open(): Promise<void> {
    await this.#client.$connect()
  }

  /**
   * Runs `work` in a transaction. A row that is there already makes it reject with what `taken` answers for
   * its model; whatever else the database refuses is `unavailable`.
   */
  write<T>(
    work: (transaction: Transaction) => Promise<T>,
    taken: (model: string) => HermesError | null = () => null,
  ): Promise<T> {
    return this.#queue.run(async () => {
      try {
        return await this.#client.$transaction(work)
      } catch (error) {
        if (isUniqueViolation(error)) throw taken(String(error.meta?.modelName)) ?? error
        if (error instanceof HermesError || error instanceof Prisma.PrismaClientValidationError) throw error
        await this.#rollBack()
        throw unavailable(error)
      }
    })
  }

  async close(): Promise<void> {
    await this.#queue.run(() => this.#client.$disconnect())
  }

  /** After a COMMIT that failed, SQLite may leave the transaction open, and the adapter's next BEGIN would fail. */
  async #rollBack(): Promise<void> {
    await this.#client.$executeRawUnsafe('ROLLBACK').catch(() => {})
  }
}

function isUniqueViolation(error: unknown): error is Prisma.PrismaClientKnownRequestError {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
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
