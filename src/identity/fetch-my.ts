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
  if (record.user.disabledAt !== null) throw new HermesError('account_disabled', 'The account is disabled')
  const escrow = await store.findEscrow(record.user.id)
  // A certificate is never paired with the key of another (pki.md "Private key on the server").
  if (escrow === null || escrow.spkiHash !== record.certificate.spkiHash)
    throw new HermesError('no_private_key', 'No private key is kept for the newest certificate of this user')
  return { ...describe(record, now()), encryptedPrivateKey: escrow.blob }
}
