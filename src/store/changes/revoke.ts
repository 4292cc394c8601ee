import { HermesError } from '../../errors.js'
import type { Revocation } from '../account-upkeep.js'
import { row, type Work } from '../work.js'
import { audit } from './audit.js'
import { barKey, isBarred, revokeWhere } from './certificates.js'
import { newestCertificate, requireCertificate, requirePassword } from './proof.js'

interface Named {
  readonly id: number
  readonly serialNumber: string
  readonly spkiHash: string
}

export function* revoke(revocation: Revocation): Work<void> {
  const { userId, proof, reason, at } = revocation
  const { username, own } = yield* proven(revocation)
  const newest = yield* newestCertificate(userId)
  const target = yield* targetOf(revocation, own ?? newest)
  const isNewestAmong = target.id === newest.id || (reason === 'keyCompromise' && target.spkiHash === newest.spkiHash)
  if (own !== null && own.id !== newest.id && isNewestAmong && newest.revokedAt === null)
    throw new HermesError('forbidden', 'An older certificate cannot revoke the newest: connect with that one')
  const isBarring = reason === 'keyCompromise' && !(yield* isBarred(target.spkiHash))
  const revoked = yield* revokeWhere({ column: 'id', value: target.id }, reason, at)
  if (isBarring) yield* barKey(target.spkiHash, at)
  // What changes nothing leaves no row, or anybody could fill the log, which nothing empties.
  if (revoked.length === 0 && !isBarring) return
  const by = 'fingerprint' in proof ? { certificate: proof.fingerprint } : { address: proof.address }
  const details = { ...by, serialNumber: target.serialNumber, reason }
  yield* audit({ at, actor: username, action: 'revoke', subject: username, details })
}

function* proven({ userId, proof, at }: Revocation): Work<{ readonly username: string; readonly own: Named | null }> {
  if ('fingerprint' in proof) {
    const own = yield* requireCertificate(proof.fingerprint, at)
    return { username: own.username, own }
  }
  const { username } = yield* requirePassword({ ...proof, userId })
  return { username, own: null }
}

function* targetOf({ userId, serialNumber }: Revocation, byDefault: Named): Work<Named> {
  if (serialNumber === null) return byDefault
  const certificate = yield* row<Named & { readonly userId: number }>(
    'SELECT "id", "serialNumber", "spkiHash", "userId" FROM "Certificate" WHERE "serialNumber" = $1',
    serialNumber,
  )
  if (certificate?.userId === userId) return certificate
  throw new HermesError('not_found', `You have no certificate with serial number ${serialNumber}`)
}
