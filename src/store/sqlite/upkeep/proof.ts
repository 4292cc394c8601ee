import { HermesError } from '../../../errors.js'
import type { Prisma } from '../../generated/client.js'
import type { Transaction } from '../prisma.js'

type Certificate = Prisma.CertificateGetPayload<{ include: { user: true; key: true } }>

/** Refuses unless the password that has this hash still is that of the account. */
export async function requirePassword(transaction: Transaction, userId: number, passwordHash: string) {
  const user = await transaction.user.findUniqueOrThrow({ where: { id: userId } })
  if (user.deletedAt !== null || user.passwordHash !== passwordHash)
    throw new HermesError('invalid_credentials', 'There is no such user, or the password is wrong')
  if (user.disabledAt !== null) throw new HermesError('account_disabled', 'The account is disabled')
  return user
}

/** Refuses unless a certificate is good; one that ended since `endedAfter` may pass. */
export async function requireCertificate(
  transaction: Transaction,
  fingerprint: string,
  at: Date,
  endedAfter: Date = at,
): Promise<Certificate> {
  const where = { fingerprint }
  const certificate = await transaction.certificate.findUnique({ where, include: { user: true, key: true } })
  if (certificate === null) throw new HermesError('certificate_unknown')
  const { user, key, revokedAt, supersededAt, notAfter } = certificate
  if (user.disabledAt !== null || user.deletedAt !== null) throw new HermesError('account_disabled')
  if (revokedAt !== null || key.compromisedAt !== null) throw new HermesError('certificate_revoked')
  if (supersededAt !== null && supersededAt <= at) throw new HermesError('certificate_superseded')
  if (notAfter <= endedAfter) throw new HermesError('certificate_expired')
  return certificate
}

export function newestCertificate(transaction: Transaction, userId: number) {
  return transaction.certificate.findFirstOrThrow({ where: { userId }, orderBy: { id: 'desc' } })
}
