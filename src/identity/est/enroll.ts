import { HermesError } from '../../errors.js'
import { parseCertificateRequest } from '../../pki/csr.js'
import type { Identity } from '../../wire/identity.js'
import { statusOf } from '../identity.js'
import { registerIdentity } from '../register.js'
import { refuseDisabled, type UpkeepDependencies } from '../upkeep/dependencies.js'
import { replaceCertificates } from '../upkeep/recover.js'

export interface Enrollment {
  readonly username: string
  readonly password: string
  /** PEM. */
  readonly csr: string
}

/**
 * simpleenroll [RFC 7030 4.2.1]. Registers a name that nobody has. Whoever knows the password of one that is taken gets
 * its certificate again if the request has the key of it, so that an answer which was lost can be asked for again; with
 * another key, or where that certificate is no longer good, he recovers the account.
 */
export async function enroll(
  dependencies: UpkeepDependencies,
  enrollment: Enrollment,
  address: string,
): Promise<Identity> {
  const { store, login, describe, now } = dependencies
  if ((await store.findIdentity(enrollment.username)) === null) {
    const registered = await registerFirst(dependencies, enrollment, address)
    if (registered !== null) return registered
  }
  // Whoever does not know the password learns nothing of his request.
  const record = await login(enrollment, address)
  const { user, certificate } = record
  refuseDisabled(user)
  const key = parseCertificateRequest(enrollment.csr, { ...dependencies, username: user.username })
  if (key.spkiHash === certificate.spkiHash && statusOf(certificate, now()) === 'valid') return describe(record, now())
  return replaceCertificates(dependencies, user, { key, encryptedPrivateKey: null }, address)
}

/** Null: another request was first, perhaps this client's own, whose answer it did not wait for. */
async function registerFirst(
  dependencies: UpkeepDependencies,
  enrollment: Enrollment,
  address: string,
): Promise<Identity | null> {
  try {
    return await registerIdentity(dependencies, enrollment, address)
  } catch (error) {
    if (!(error instanceof HermesError) || error.code !== 'username_taken') throw error
    // Deleted names are taken too, and nobody can prove that one is his.
    if ((await dependencies.store.findIdentity(enrollment.username)) === null) throw error
    return null
  }
}
