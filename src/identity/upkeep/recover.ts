import { type CertificateRequest, parseCertificateRequest } from '../../pki/csr.js'
import type { UserRecord } from '../../store/records.js'
import type { Identity } from '../../wire/identity.js'
import type { RecoverRequest } from '../../wire/upkeep.js'
import { checkEscrow } from '../escrow.js'
import { issueCertificate } from '../issue.js'
import { normalizePem } from '../pem-text.js'
import { refuseDisabled, type UpkeepDependencies } from './dependencies.js'

/** A new certificate for whoever knows the password, in the place of all that were good. */
export async function recoverIdentity(
  dependencies: UpkeepDependencies,
  request: RecoverRequest,
  address: string,
): Promise<Identity> {
  const key = parseCertificateRequest(normalizePem(request.csr), { ...dependencies, username: request.username })
  const encryptedPrivateKey = checkEscrow(dependencies.policy, request.encryptedPrivateKey)
  const { user } = await dependencies.login(request, address)
  return replaceCertificates(dependencies, user, { key, encryptedPrivateKey, reason: request.reason }, address)
}

export interface Replacement {
  readonly key: CertificateRequest
  readonly encryptedPrivateKey: string | null
  /** Of the certificates that are replaced; by default `superseded`. */
  readonly reason?: RecoverRequest['reason']
}

/** The same for a user whose password was right. */
export async function replaceCertificates(
  dependencies: UpkeepDependencies,
  user: UserRecord,
  { key, encryptedPrivateKey, reason = 'superseded' }: Replacement,
  address: string,
): Promise<Identity> {
  const { store, now, describe } = dependencies
  refuseDisabled(user)
  dependencies.certificateLimit.take(String(user.id))
  const certificate = issueCertificate(dependencies, user.username, key, 'password')
  const { id: userId, passwordHash } = user
  await store.recover({ userId, passwordHash, address, certificate, encryptedPrivateKey, reason, at: now() })
  dependencies.standingChanged(userId)
  await dependencies.endStays(userId)
  return describe({ user, certificate: { ...certificate, revokedAt: null } }, now())
}
