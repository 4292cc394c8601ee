import { HermesError } from '../../errors.js'
import type { Renewal, RenewalRequest } from '../account-upkeep.js'
import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate } from '../certificate-row.js'
import type { CertificateRecord } from '../records.js'
import { row, run, type Work } from '../work.js'
import { audit } from './audit.js'
import { insertCertificate, settleEscrow } from './certificates.js'
import { requireCertificate } from './proof.js'

/** The answer to a request of the newest certificate: a new one, or what the same request got before. */
export function* renew(renewal: Renewal): Work<CertificateRecord> {
  const { fingerprint, certificate, requestHash, at, endedAfter } = renewal
  const { userId, username } = yield* requireCertificate(fingerprint, at, endedAfter)
  const newest = yield* row<NewestRow>(NEWEST, userId)
  const answered = newest && answerOf(newest, renewal)
  if (answered) return answered
  if (newest?.fingerprint !== fingerprint)
    throw new HermesError('certificate_superseded', 'Only the newest certificate can be renewed: fetch it')
  const renewed = yield* insertCertificate(userId, certificate, { previous: fingerprint, requestHash })
  yield* supersedeOthers(userId, renewal)
  yield* settleEscrow(userId, { spkiHash: certificate.spkiHash, blob: renewal.encryptedPrivateKey })
  const details = { certificate: fingerprint, serialNumber: certificate.serialNumber }
  yield* audit({ at, actor: username, action: 'renew', subject: username, details })
  return renewed
}

/** The newest certificate of a user, and the request that it answers. */
export interface NewestRow extends CertificateRow {
  readonly requestHash: string | null
}

const NEWEST = `
  SELECT ${CERTIFICATE_COLUMNS}, c."requestHash" FROM "Certificate" c WHERE c."userId" = $1 ORDER BY c."id" DESC LIMIT 1`

/**
 * The newest certificate if it is the answer to this very request, or null. Whoever renews with the same file each time
 * does so late in the life of a certificate: under the newest itself the first half of its life is for repeats.
 */
export function answerOf(
  { requestHash: answered, ...newest }: NewestRow,
  { fingerprint, requestHash, at }: RenewalRequest,
): CertificateRecord | null {
  if (answered !== requestHash) return null
  const halfTime = (newest.notBefore + newest.notAfter) / 2
  const isOwn = newest.fingerprint === fingerprint && at.getTime() < halfTime
  return isOwn || newest.previous === fingerprint ? toCertificate(newest) : null
}

/** A key that is not the newest any more is good for a while, so that devices can change over. */
function supersedeOthers(userId: number, { certificate, at, supersededAt }: Renewal): Work<void> {
  return run(
    `UPDATE "Certificate" SET "supersededAt" = $1
      WHERE "userId" = $2 AND "spkiHash" <> $3 AND "revokedAt" IS NULL AND "supersededAt" IS NULL AND "notAfter" > $4`,
    ...[supersededAt, userId, certificate.spkiHash, at],
  )
}
