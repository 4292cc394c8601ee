import { HermesError } from '../../../errors.js'
import type { EscrowChange, PasswordChange } from '../../account-upkeep.js'
import type { EscrowRecord } from '../../records.js'
import type { Transaction } from '../prisma.js'
import { storeEscrow } from './certificates.js'
import { newestCertificate, requireCertificate, requirePassword } from './proof.js'

export async function changePassword(transaction: Transaction, change: PasswordChange): Promise<void> {
  const { userId, oldHash, newHash, escrow } = change
  await requirePassword(transaction, userId, oldHash)
  if (escrow !== null) await replaceCurrentEscrow(transaction, userId, escrow)
  await transaction.user.update({ where: { id: userId }, data: { passwordHash: newHash, deletionAt: null } })
}

export async function replaceEscrow(transaction: Transaction, change: EscrowChange): Promise<void> {
  await requirePassword(transaction, change.userId, change.passwordHash)
  await replaceCurrentEscrow(transaction, change.userId, change.escrow)
}

/** What was locked for one key must not come to stand beside another that was first. */
async function replaceCurrentEscrow(transaction: Transaction, userId: number, escrow: EscrowRecord): Promise<void> {
  const { spkiHash } = await newestCertificate(transaction, userId)
  if (spkiHash !== escrow.spkiHash)
    throw new HermesError('certificate_mismatch', 'The certificate got another key meanwhile: fetch it, and lock that')
  await storeEscrow(transaction, userId, escrow)
}

export async function unlock(transaction: Transaction, fingerprint: string, at: Date): Promise<void> {
  const { userId, user } = await requireCertificate(transaction, fingerprint, at)
  await transaction.loginFailure.deleteMany({ where: { username: user.username } })
  if (user.deletionAt !== null) await transaction.user.update({ where: { id: userId }, data: { deletionAt: null } })
}
