import { HermesError } from '../../../errors.js'
import type { Transaction } from '../prisma.js'
import { revokeWhere } from './certificates.js'
import { newestCertificate, requireCertificate, requirePassword } from './proof.js'

/** Answers when the deletion is due: a second call changes nothing. */
export async function scheduleDeletion(
  transaction: Transaction,
  userId: number,
  passwordHash: string,
  effectiveAt: Date,
): Promise<Date> {
  const { deletionAt } = await requirePassword(transaction, userId, passwordHash)
  if (deletionAt !== null) return deletionAt
  await transaction.user.update({ where: { id: userId }, data: { deletionAt: effectiveAt } })
  return effectiveAt
}

export async function deleteAccount(transaction: Transaction, fingerprint: string, at: Date): Promise<void> {
  const { id, userId } = await requireCertificate(transaction, fingerprint, at)
  if ((await newestCertificate(transaction, userId)).id !== id)
    throw new HermesError('forbidden', 'An older certificate cannot delete the account: connect with the newest')
  await erase(transaction, userId, at)
}

/** False: it was called off, or carried out, meanwhile. */
export async function deleteDueAccount(transaction: Transaction, userId: number, at: Date): Promise<boolean> {
  const { deletionAt, deletedAt } = await transaction.user.findUniqueOrThrow({ where: { id: userId } })
  if (deletedAt !== null || deletionAt === null || deletionAt > at) return false
  await erase(transaction, userId, at)
  return true
}

/** The row stays as a tombstone, and the keys with it, so that neither name nor key is ever given out again. */
async function erase(transaction: Transaction, userId: number, at: Date): Promise<void> {
  const data = { deletedAt: at, deletionAt: null, departure: 'deleted', role: 'user', passwordHash: '' } as const
  const { username } = await transaction.user.update({ where: { id: userId }, data })
  await revokeWhere(transaction, { userId }, 'cessationOfOperation', at, at)
  await transaction.escrow.deleteMany({ where: { userId } })
  await transaction.loginFailure.deleteMany({ where: { username } })
}
