import { HermesError } from '../../../errors.js'
import type { Revocation } from '../../account-upkeep.js'
import type { Transaction } from '../prisma.js'
import { barKeys, revokeWhere } from './certificates.js'
import { newestCertificate, requireCertificate, requirePassword } from './proof.js'

interface Named {
  readonly id: number
  readonly spkiHash: string
}

export async function revoke(transaction: Transaction, revocation: Revocation): Promise<void> {
  const { proof, reason, at } = revocation
  const own = 'fingerprint' in proof ? await requireCertificate(transaction, proof.fingerprint, at) : null
  if ('passwordHash' in proof) await requirePassword(transaction, revocation.userId, proof.passwordHash)
  const newest = await newestCertificate(transaction, revocation.userId)
  const target = await targetOf(transaction, revocation, own ?? newest)
  const isNewestAmong = target.id === newest.id || (reason === 'keyCompromise' && target.spkiHash === newest.spkiHash)
  if (own !== null && own.id !== newest.id && isNewestAmong && newest.revokedAt === null)
    throw new HermesError('forbidden', 'An older certificate cannot revoke the newest: connect with that one')
  await revokeWhere(transaction, { id: target.id }, reason, at)
  if (reason === 'keyCompromise') await barKeys(transaction, [target.spkiHash], at)
}

async function targetOf(
  transaction: Transaction,
  { userId, serialNumber }: Revocation,
  byDefault: Named,
): Promise<Named> {
  if (serialNumber === null) return byDefault
  const certificate = await transaction.certificate.findUnique({ where: { serialNumber } })
  if (certificate?.userId === userId) return certificate
  throw new HermesError('not_found', `You have no certificate with serial number ${serialNumber}`)
}
