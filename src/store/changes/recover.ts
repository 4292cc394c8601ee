import type { Recovery } from '../account-upkeep.js'
import { run, type Work } from '../work.js'
import { audit } from './audit.js'
import { barKeysInUse, insertCertificate, revokeWhere, settleEscrow } from './certificates.js'
import { requirePassword } from './proof.js'

/** A new beginning by password alone: whatever the old keys could do ends here. */
export function* recover(recovery: Recovery): Work<void> {
  const { userId, address, certificate, encryptedPrivateKey, reason, at } = recovery
  const { username } = yield* requirePassword(recovery)
  if (reason === 'keyCompromise') yield* barKeysInUse(userId, at)
  yield* revokeWhere({ column: 'userId', value: userId, endingAfter: at }, reason, at)
  yield* insertCertificate(userId, certificate)
  yield* settleEscrow(userId, { spkiHash: certificate.spkiHash, blob: encryptedPrivateKey })
  yield* run(
    `UPDATE "User" SET "role" = 'user', "departure" = 'recovered', "deletionAt" = NULL WHERE "id" = $1`,
    userId,
  )
  const details = { address, serialNumber: certificate.serialNumber, reason }
  yield* audit({ at, actor: username, action: 'recover', subject: username, details })
}
