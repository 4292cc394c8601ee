import { HermesError } from '../../errors.js'
import type { Revocation } from '../account-upkeep.js'
import { row, type Work } from '../work.js'
import { barKey, revokeWhere } from './certificates.js'
import { newestCertificate, requireCertificate, requirePassword } from './proof.js'

interface Named {
  readonly id: number
  readonly spkiHash: string
}

export function* revoke(revocation: Revocation): Work<void> {
  const { proof, reason, at } = revocation
  const own = 'fingerprint' in proof ? yield* requireCertificate(proof.fingerprint, at) : null
  if ('passwordHash' in proof) yield* requirePassword(revocation.userId, proof.passwordHash)
  const newest = yield* newestCertificate(revocation.userId)
  const target = yield* targetOf(revocation, own ?? newest)
  const isNewestAmong = target.id === newest.id || (reason === 'keyCompromise' && target.spkiHash === newest.spkiHash)
  if (own !== null && own.id !== newest.id && isNewestAmong && newest.revokedAt === null)
    throw new HermesError('forbidden', 'An older certificate cannot revoke the newest: connect with that one')
  yield* revokeWhere({ column: 'id', value: target.id }, reason, at)
  if (reason === 'keyCompromise') yield* barKey(target.spkiHash, at)
}

function* targetOf({ userId, serialNumber }: Revocation, byDefault: Named): Work<Named> {
  if (serialNumber === null) return byDefault
  const certificate = yield* row<Named & { readonly userId: number }>(
    'SELECT "id", "spkiHash", "userId" FROM "Certificate" WHERE "serialNumber" = $1',
    serialNumber,
  )
  if (certificate?.userId === userId) return certificate
  throw new HermesError('not_found', `You have no certificate with serial number ${serialNumber}`)
}
