import { HermesError } from '../errors.js'
import { type CertificateRequest, parseCertificateRequest } from '../pki/csr.js'
import type { IdentityStore } from '../store/identity-store.js'
import type { NewCertificate } from '../store/records.js'
import type { Identity, RegisterRequest } from '../wire/identity.js'
import type { AddressLimit } from './address-limit.js'
import { checkEscrow } from './escrow.js'
import type { FetchDependencies } from './fetch.js'
import { type IssueDependencies, issueCertificate } from './issue.js'
import { normalizeNewPassword } from './password.js'
import type { PasswordWorkers } from './password-workers.js'
import { normalizePem } from './pem-text.js'
import type { TakeTurn } from './turns.js'

export interface RegisterDependencies extends FetchDependencies, IssueDependencies {
  /** SPKI hashes of the CAs. */
  readonly forbiddenKeys: ReadonlySet<string>
  readonly workers: PasswordWorkers
  readonly registrationLimit: AddressLimit
  readonly passwordLimit: AddressLimit
  readonly takeTurn: TakeTurn
}

/**
 * Registers a user and issues his certificate; `address` as `addressKey` gives it. Answers when the store has it.
 * Throws the refusals of protocol.md "POST /register". What is cheap to refuse is refused before a hash is spent.
 */
export async function registerIdentity(
  dependencies: RegisterDependencies,
  request: RegisterRequest,
  address: string,
): Promise<Identity> {
  const { policy, now, registrationLimit, takeTurn, describe } = dependencies
  refuseReserved(request.username, policy.reservedUsernames)
  registrationLimit.take(address)
  const password = normalizeNewPassword(request.password)
  const key = checkRequest(dependencies, request)
  const encryptedPrivateKey = checkEscrow(policy, request.encryptedPrivateKey)
  // Of concurrent registrations of one name all but the first learn that it is taken without a hash of their own.
  const certificate = await takeTurn(request.username, () =>
    store(dependencies, { ...request, password }, key, encryptedPrivateKey, address),
  )
  return describe({ user: request, certificate: { ...certificate, revokedAt: null } }, now())
}

function refuseReserved(username: string, reserved: readonly string[]): void {
  if (!reserved.includes(username)) return
  const message = 'is reserved, and nobody may register it'
  throw new HermesError('invalid_request', `username: ${username} ${message}`, {
    errors: [{ path: 'username', message }],
  })
}

function checkRequest(
  { trustDomain, forbiddenKeys }: RegisterDependencies,
  { username, csr }: RegisterRequest,
): CertificateRequest {
  return parseCertificateRequest(normalizePem(csr), { username, trustDomain, forbiddenKeys })
}

async function store(
  dependencies: RegisterDependencies,
  { username, password }: RegisterRequest,
  key: CertificateRequest,
  encryptedPrivateKey: string | null,
  address: string,
): Promise<NewCertificate> {
  await refuseTaken(dependencies.store, username, key)
  dependencies.passwordLimit.take(address)
  const passwordHash = await dependencies.workers.run({ address, key: `register ${username}` }, (hasher) =>
    hasher.hash(password),
  )
  const certificate = issueCertificate(dependencies, username, key, 'registration')
  await dependencies.store.register({ username, passwordHash, certificate, encryptedPrivateKey, address })
  return certificate
}

/** Spares the hash; the database decides all the same when it stores. Deleted names it alone knows. */
async function refuseTaken(
  identities: IdentityStore,
  username: string,
  { spkiHash }: CertificateRequest,
): Promise<void> {
  if ((await identities.findIdentity(username)) !== null)
    throw new HermesError(
      'username_taken',
      `The username ${username} is taken: choose another; if it is yours, POST /fetch-my or /recover with its password`,
    )
  if ((await identities.findKey(spkiHash)) !== null)
    throw new HermesError(
      'csr_rejected',
      'The certificate request is refused: its key belongs to another user, or was compromised',
    )
}
