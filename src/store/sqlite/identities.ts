import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import type { IdentityStore, NewUser } from '../identity-store.js'
import { sqliteAccountUpkeep } from './account-upkeep.js'
import { identityReads } from './identity-reads.js'
import { countAttempt, forgiveAttempt, lockOf } from './login-attempts.js'
import type { PrismaWriter, Transaction } from './prisma.js'
import { insertCertificate, storeEscrow } from './upkeep/certificates.js'

/** Users, keys and certificates: reads on `reader`, writes through Prisma. */
export function sqliteIdentities(reader: Database, writer: PrismaWriter, now: () => Date): IdentityStore {
  const lock = reader.prepare<[string, string], { readonly locks: number; readonly lockedUntil: number }>(
    'SELECT "locks", "lockedUntil" FROM "LoginFailure" WHERE "username" = ? AND "address" = ? AND "lockedUntil" NOTNULL',
  )

  return {
    ...identityReads(reader),
    ...sqliteAccountUpkeep(reader, writer),
    register: (user) => writer.write((transaction) => insertUser(transaction, user, now()), takenBy(user.username)),
    async replacePasswordHash(userId, oldHash, newHash) {
      const where = { id: userId, passwordHash: oldHash }
      const data = { passwordHash: newHash }
      const { count } = await writer.write((transaction) => transaction.user.updateMany({ where, data }))
      return count === 1
    },
    async countAttempt(attempt, at, policy) {
      if (policy.failures === 0) return null
      // A flood of guesses at a locked pair costs no write.
      const row = lock.get(attempt.username, attempt.address)
      const until = row && lockOf({ ...row, lockedUntil: new Date(row.lockedUntil) }, at, policy)
      if (until && until.getTime() === row?.lockedUntil) return until
      return writer.write((transaction) => countAttempt(transaction, attempt, at, policy))
    },
    forgiveAttempts: (attempt) => writer.write((transaction) => forgiveAttempt(transaction, attempt)),
  }
}

async function insertUser(transaction: Transaction, user: NewUser, createdAt: Date): Promise<void> {
  const { username, passwordHash, certificate, encryptedPrivateKey } = user
  const { id: userId } = await transaction.user.create({
    data: { username, passwordHash, createdAt },
    select: { id: true },
  })
  const { spkiHash } = await insertCertificate(transaction, userId, certificate)
  if (encryptedPrivateKey !== null) await storeEscrow(transaction, userId, { spkiHash, blob: encryptedPrivateKey })
}

function takenBy(username: string): (model: string) => HermesError | null {
  return (model) => {
    if (model === 'User') return new HermesError('username_taken', `The username ${username} is taken; choose another`)
    if (model === 'Key') return new HermesError('csr_rejected', 'The public key was used before; make a new one')
    return null
  }
}
