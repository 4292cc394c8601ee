import { HermesError } from '../../../errors.js'
import type { Renewal } from '../../account-upkeep.js'
import type { CertificateRecord } from '../../records.js'
import type { Transaction } from '../prisma.js'
import { insertCertificate, recordOf, settleEscrow } from './certificates.js'
import { newestCertificate, requireCertificate } from './proof.js'

/** The answer to a request of the newest certificate: a new one, or what the same request got before. */
export async function renew(transaction: Transaction, renewal: Renewal): Promise<CertificateRecord> {
  const { fingerprint, certificate, requestHash, at, endedAfter } = renewal
  const { spkiHash } = certificate
  const { userId } = await requireCertificate(transaction, fingerprint, at, endedAfter)
  const newest = await newestCertificate(transaction, userId)
  if (isAnswered(newest, renewal)) return recordOf(newest)
  if (newest.fingerprint !== fingerprint)
    throw new HermesError('certificate_superseded', 'Only the newest certificate can be renewed: fetch it')
  const renewed = await insertCertificate(transaction, userId, certificate, { previous: fingerprint, requestHash })
  await supersedeOthers(transaction, userId, renewal)
  await settleEscrow(transaction, userId, { spkiHash, blob: renewal.encryptedPrivateKey })
  return renewed
}

interface Answered {
  readonly fingerprint: string
  readonly previous: string | null
  readonly requestHash: string | null
  readonly notBefore: Date
  readonly notAfter: Date
}

/**
 * Whether the newest certificate is the answer to this very request. Whoever renews with the same file each time
 * does so late in the life of a certificate: under the newest itself the first half of its life is for repeats.
 */
function isAnswered(newest: Answered, { fingerprint, requestHash, at }: Renewal): boolean {
  if (newest.requestHash !== requestHash) return false
  const halfTime = (newest.notBefore.getTime() + newest.notAfter.getTime()) / 2
  return newest.previous === fingerprint || (newest.fingerprint === fingerprint && at.getTime() < halfTime)
}

/** A key that is not the newest any more is good for a while, so that devices can change over. */
async function supersedeOthers(transaction: Transaction, userId: number, renewal: Renewal): Promise<void> {
  const { certificate, at, supersededAt } = renewal
  const spkiHash = { not: certificate.spkiHash }
  const good = { revokedAt: null, supersededAt: null, notAfter: { gt: at } }
  await transaction.certificate.updateMany({ where: { userId, spkiHash, ...good }, data: { supersededAt } })
}
