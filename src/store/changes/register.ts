import { HermesError } from '../../errors.js'
import type { NewUser } from '../identity-store.js'
import { row, type Work } from '../work.js'
import { audit } from './audit.js'
import { insertCertificate, storeEscrow } from './certificates.js'

export interface Registration {
  readonly user: NewUser
  readonly at: Date
}

export function* register({ user, at }: Registration): Work<void> {
  const { username, passwordHash, certificate, encryptedPrivateKey, address } = user
  const inserted = yield* row<{ readonly id: number }>(
    `INSERT INTO "User" ("username", "passwordHash", "createdAt") VALUES ($1, $2, $3)
      ON CONFLICT ("username") DO NOTHING RETURNING "id"`,
    ...[username, passwordHash, at],
  )
  if (inserted === null) throw new HermesError('username_taken', `The username ${username} is taken; choose another`)
  yield* insertCertificate(inserted.id, certificate)
  if (encryptedPrivateKey !== null)
    yield* storeEscrow(inserted.id, { spkiHash: certificate.spkiHash, blob: encryptedPrivateKey })
  const details = { address, serialNumber: certificate.serialNumber }
  yield* audit({ at, actor: username, action: 'register', subject: username, details })
}
