import type { Prisma } from './generated/sqlite/client.js'

/** The models that Prisma writes. */
export type Models = Pick<Prisma.TransactionClient, 'meta' | 'serverCertificate'>

/** Writes what is seldom written, through Prisma. */
export interface ModelWriter {
  /**
   * Runs `work` in a transaction; whatever the database refuses is `unavailable`. Where several nodes have one
   * database, others may write between two of its statements: each must decide for itself.
   */
  write<T>(work: (models: Models) => Promise<T>): Promise<T>
}
