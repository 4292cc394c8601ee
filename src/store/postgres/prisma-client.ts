import { PrismaPg } from '@prisma/adapter-pg'
import type { Pool } from 'pg'
import { Prisma, PrismaClient } from '../generated/postgresql/client.js'

/** A client on connections of a pool, which it does not close, for tables of one schema. */
export function prismaClient(pool: Pool, schema: string, timeoutMs: number): PrismaClient {
  return new PrismaClient({
    adapter: new PrismaPg(pool, { schema }),
    // What one node reads, another may write: whichever commits second does it all again.
    transactionOptions: { isolationLevel: 'Serializable', maxWait: timeoutMs, timeout: timeoutMs },
  })
}

/** Prisma's code for what another transaction was in the way of. */
const CONFLICT = 'P2034'

export const isConflict = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === CONFLICT

export const isValidationError = (error: unknown): boolean => error instanceof Prisma.PrismaClientValidationError
