import type { Recovery } from '../../account-upkeep.js'
import type { Transaction } from '../prisma.js'
import { barKeys, insertCertificate, revokeWhere, settleEscrow } from './certificates.js'
import { requirePassword } from './proof.js'

/** A new beginning by password alone: whatever the old keys could do ends here. */
export async function recover(transaction: Transaction, recovery: Recovery): Promise<void> {
  const { userId, passwordHash, certificate, encryptedPrivateKey, reason, at } = recovery
  const { spkiHash } = certificate
  await requirePassword(transaction, userId, passwordHash)
  if (reason === 'keyCompromise') await barKeys(transaction, await keysInUse(transaction, userId, at), at)
  await revokeWhere(transaction, { userId }, reason, at, at)
  await insertCertificate(transaction, userId, certificate)
  await settleEscrow(transaction, userId, { spkiHash, blob: encryptedPrivateKey })
  const data = { role: 'user', departure: 'recovered', deletionAt: null } as const
  await transaction.user.update({ where: { id: userId }, data })
}

async function keysInUse(transaction: Transaction, userId: number, at: Date): Promise<readonly string[]> {
  const certificates = await transaction.certificate.findMany({
    where: { userId, notAfter: { gt: at } },
    select: { spkiHash: true },
    distinct: ['spkiHash'],
  })
  return certificates.map(({ spkiHash }) => spkiHash)
}
