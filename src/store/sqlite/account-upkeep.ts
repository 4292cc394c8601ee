import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import type { AccountUpkeep, Departing } from '../account-upkeep.js'
import type { PrismaWriter, Transaction } from './prisma.js'
import { changePassword, replaceEscrow, unlock } from './upkeep/credentials.js'
import { deleteAccount, deleteDueAccount, scheduleDeletion } from './upkeep/delete-account.js'
import { recover } from './upkeep/recover.js'
import { renew } from './upkeep/renew.js'
import { revoke } from './upkeep/revoke.js'

const DUE = `SELECT "id" FROM "User" WHERE "deletionAt" <= ? ORDER BY "deletionAt" LIMIT ?`
const DEPARTING = `SELECT "id" AS "userId", "departure" FROM "User" WHERE "departure" IS NOT NULL LIMIT ?`
const IS_RENEWAL = `
  WITH RECURSIVE "line" ("fingerprint", "previous", "authorisedBy") AS (
    SELECT "fingerprint", "previous", "authorisedBy" FROM "Certificate" WHERE "fingerprint" = ?
    UNION ALL
    SELECT c."fingerprint", c."previous", c."authorisedBy" FROM "Certificate" c
    JOIN "line" l ON c."fingerprint" = l."previous" WHERE l."authorisedBy" = 'key')
  SELECT 1 FROM "line" WHERE "fingerprint" = ? LIMIT 1`

/** What users change of their accounts: decided and written in one transaction each, through Prisma. */
export function sqliteAccountUpkeep(reader: Database, writer: PrismaWriter): AccountUpkeep {
  const due = reader.prepare<[number, number], number>(DUE).pluck()
  const departing = reader.prepare<[number], Departing>(DEPARTING)
  const isRenewal = reader.prepare<[string, string], number>(IS_RENEWAL).pluck()
  const write = <T>(work: (transaction: Transaction) => Promise<T>) => writer.write(work, keyTaken)

  return {
    changePassword: (change) => write((transaction) => changePassword(transaction, change)),
    replaceEscrow: (change) => write((transaction) => replaceEscrow(transaction, change)),
    renew: (renewal) => write((transaction) => renew(transaction, renewal)),
    recover: (recovery) => write((transaction) => recover(transaction, recovery)),
    revoke: (revocation) => write((transaction) => revoke(transaction, revocation)),
    scheduleDeletion: (userId, passwordHash, effectiveAt) =>
      write((transaction) => scheduleDeletion(transaction, userId, passwordHash, effectiveAt)),
    deleteAccount: (fingerprint, at) => write((transaction) => deleteAccount(transaction, fingerprint, at)),
    deleteDueAccount: (userId, at) => write((transaction) => deleteDueAccount(transaction, userId, at)),
    unlock: (fingerprint, at) => write((transaction) => unlock(transaction, fingerprint, at)),
    async finishDeparture({ userId: id, departure }) {
      await write((transaction) => transaction.user.updateMany({ where: { id, departure }, data: { departure: null } }))
    },
    findDueDeletions: async (at, limit) => due.all(at.getTime(), limit),
    findDeparting: async (limit) => departing.all(limit),
    isRenewalOf: async (fingerprint, earlier) => isRenewal.get(fingerprint, earlier) !== undefined,
  }
}

function keyTaken(model: string): HermesError | null {
  return model === 'Key' ? new HermesError('csr_rejected', 'The public key was used before; make a new one') : null
}
