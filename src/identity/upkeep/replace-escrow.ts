import type { EscrowRequest } from '../../wire/upkeep.js'
import { checkLockedKey } from '../escrow.js'
import { refuseDisabled, type UpkeepDependencies } from './dependencies.js'

/** Keeps a locked private key beside the newest certificate, in the place of any other. */
export async function replaceEscrow(
  { policy, login, store, now }: UpkeepDependencies,
  request: EscrowRequest,
  address: string,
): Promise<void> {
  const blob = checkLockedKey(policy, request.encryptedPrivateKey)
  const { user, certificate } = await login(request, address)
  refuseDisabled(user)
  const escrow = { blob, spkiHash: certificate.spkiHash }
  const { id: userId, passwordHash } = user
  await store.replaceEscrow({ userId, passwordHash, address, escrow, at: now() })
}
