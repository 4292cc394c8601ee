import type { Pool } from 'pg'
import { HermesError } from '../../errors.js'
import type { PrismaClient } from '../generated/postgresql/client.js'
import type { Models, ModelWriter } from '../model-writer.js'
import { unavailable } from '../unavailable.js'

const ATTEMPTS_MAX = 5

/** Writes what is seldom written, through Prisma, which is loaded with the first of it. */
export function prismaWriter(pool: Pool, timeoutMs: number): ModelWriter {
  let client: PrismaClient | null = null
  const open = async (): Promise<PrismaClient> => {
    const { prismaClient } = await import('./prisma-client.js')
    const { rows } = await pool.query<{ schema: string }>('SELECT current_schema() AS "schema"')
    client ??= prismaClient(pool, rows[0]?.schema ?? 'public', timeoutMs)
    return client
  }
  return {
    async write(work) {
      const { isConflict, isValidationError } = await import('./prisma-client.js')
      for (let attempt = 1; ; attempt++) {
        try {
          return await (client ?? (await open())).$transaction((transaction) => work(transaction as Models))
        } catch (error) {
          if (error instanceof HermesError || isValidationError(error)) throw error
          if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw unavailable(error)
        }
      }
    },
  }
}
