import { HermesError } from '../errors.js'
import type { FetchMyRequest, OwnIdentity } from '../wire/identity.js'
import type { FetchDependencies } from './fetch.js'
import type { Login } from './login.js'

export interface FetchMyDependencies extends FetchDependencies {
  readonly login: Login
}

/**
 * The identity and the locked private key of whoever knows the password. Throws `no_private_key` when none is
 * kept for the newest certificate, `account_disabled`, and what `login` throws.
 */
export async function fetchMyIdentity(
  { store, describe, now, login }: FetchMyDependencies,
  request: FetchMyRequest,
  address: string,
): Promise<OwnIdentity> {
  const record = await login(request, address)
  const { id: userId, passwordHash, disabledAt } = record.user
  if (disabledAt !== null) throw new HermesError('account_disabled', 'The account is disabled')
  // A certificate is never paired with the key of another (pki.md "Private key on the server").
  const { spkiHash } = record.certificate
  const escrow = await store.takeEscrow({ userId, passwordHash, address, spkiHash, at: now() })
  if (escrow === null)
    throw new HermesError('no_private_key', 'No private key is kept for the newest certificate of this user')
  return { ...describe(record, now()), encryptedPrivateKey: escrow.blob }
}
