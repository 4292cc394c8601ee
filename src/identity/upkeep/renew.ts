import { HermesError } from '../../errors.js'
import { parseCertificateRequest } from '../../pki/csr.js'
import { sha256Hex } from '../../pki/fingerprint.js'
import type { Identity } from '../../wire/identity.js'
import type { RenewRequest } from '../../wire/upkeep.js'
import { checkEscrow } from '../escrow.js'
import { issueCertificate } from '../issue.js'
import { normalizePem } from '../pem-text.js'
import type { Holder, UpkeepDependencies } from './dependencies.js'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** The next certificate of whoever holds the key of the newest; the same request again gets the first answer. */
export async function renewIdentity(
  dependencies: UpkeepDependencies,
  request: RenewRequest,
  { userId, username, fingerprint }: Holder,
): Promise<Identity> {
  const { policy, store, now, describe } = dependencies
  const csr = normalizePem(request.csr)
  const key = parseCertificateRequest(csr, { ...dependencies, username })
  const encryptedPrivateKey = checkEscrow(policy, request.encryptedPrivateKey)
  const at = now()
  const asking = { fingerprint, requestHash: sha256Hex(Buffer.from(csr)), at }
  // In this order: what is newer than the newest here may be the answer to the same request.
  const newest = await store.findIdentityById(userId)
  const answered = await store.findRenewal(asking)
  if (answered) return describe({ user: { username }, certificate: answered }, at)
  // The store decides all the same, but an older certificate must not use up what the newest may renew.
  if (newest !== null && newest.certificate.fingerprint !== fingerprint)
    throw new HermesError('certificate_superseded', 'Only the newest certificate can be renewed: fetch it')
  dependencies.certificateLimit.take(String(userId))
  const certificate = await store.renew({
    ...asking,
    certificate: issueCertificate(dependencies, username, key, 'key'),
    encryptedPrivateKey,
    supersededAt: new Date(at.getTime() + policy.supersedeMinutes * MINUTE_MS),
    endedAfter: new Date(at.getTime() - policy.renewalGraceDays * DAY_MS),
  })
  dependencies.standingChanged(userId)
  return describe({ user: { username }, certificate }, now())
}
