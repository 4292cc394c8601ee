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
  const answered = await store.findRenewal(asking)
  if (answered) return describe({ user: { username }, certificate: answered }, at)
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
