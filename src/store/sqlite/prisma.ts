import { HermesError } from '../../errors.js'
import type { PrismaClient } from '../generated/sqlite/client.js'
import type { Models, ModelWriter } from '../model-writer.js'
import { describe, unavailable } from '../unavailable.js'
import type { WriteHealth } from '../write-health.js'
import type { WriteQueue } from '../write-queue.js'

interface Opened {
  readonly client: PrismaClient
  readonly isValidationError: (error: unknown) => boolean
}

/**
 * Writes what is seldom written, through Prisma: one transaction at a time, none while the committing thread writes.
 * Prisma is loaded with the first of them, so that a server is ready without it.
 */
export class PrismaWriter implements ModelWriter {
  readonly #path: string
  readonly #queue: WriteQueue
  readonly #health: WriteHealth
  #opened: Opened | null = null

  constructor(path: string, queue: WriteQueue, health: WriteHealth) {
    this.#path = path
    this.#queue = queue
    this.#health = health
  }

  /**
   * Runs `work` in a transaction; whatever the database refuses is `unavailable`.
   */
  write<T>(work: (models: Models) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      const { client, isValidationError } = await this.#open()
      try {
        return await client.$transaction(work)
      } catch (error) {
        if (error instanceof HermesError || isValidationError(error)) throw error
        await rollBack(client)
        this.#health.failed(describe(error))
        throw unavailable(error)
      }
    })
  }

  async close(): Promise<void> {
    await this.#queue.run(async () => this.#opened?.client.$disconnect())
  }

  async #open(): Promise<Opened> {
    if (this.#opened) return this.#opened
    const { connectPrisma, isValidationError } = await import('./prisma-client.js')
    try {
      this.#opened = { client: await connectPrisma(this.#path), isValidationError }
      return this.#opened
    } catch (error) {
      this.#health.failed(describe(error))
      throw unavailable(error)
    }
  }
}

/** After a COMMIT that failed, SQLite may leave the transaction open, and the adapter's next BEGIN would fail. */
async function rollBack(client: PrismaClient): Promise<void> {
  await client.$executeRawUnsafe('ROLLBACK').catch(() => {})
}
