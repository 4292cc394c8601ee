import { OPERATOR, SERVER } from '../audit.js'
import type { ServerRevocation } from '../authority-store.js'
import { rows, run, type Work } from '../work.js'
import { audit } from './audit.js'

export function* revokeServerCertificates({ reason, replacement, at }: ServerRevocation): Work<readonly string[]> {
  const { serialNumber, fingerprint, notBefore, notAfter, issuer } = replacement
  const revoked = yield* rows<{ readonly serialNumber: string }>(
    `UPDATE "ServerCertificate" SET "revokedAt" = $1, "revocationReason" = $2
      WHERE "notAfter" > $3 AND "revokedAt" IS NULL RETURNING "serialNumber"`,
    ...[at, reason, at],
  )
  yield* run(
    `INSERT INTO "ServerCertificate" ("serialNumber", "fingerprint", "notBefore", "notAfter", "issuer")
      VALUES ($1, $2, $3, $4, $5)`,
    ...[serialNumber, fingerprint, notBefore, notAfter, issuer],
  )
  const serialNumbers = revoked.map((one) => one.serialNumber)
  const details = { serialNumbers: serialNumbers.join(' '), reason, replacement: serialNumber }
  yield* audit({ at, actor: OPERATOR, action: 'revoke-server', subject: SERVER, details })
  return serialNumbers
}
