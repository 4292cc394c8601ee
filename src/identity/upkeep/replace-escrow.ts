import type { EscrowRequest } from '../../wire/upkeep.js'
import { checkLockedKey } from '../escrow.js'
import { refuseDisabled, type UpkeepDependencies } from './dependencies.js'

/** Keeps a locked private key beside the newest certificate, in the place of any other. */
export async function replaceEscrow(
  { policy, login, store }: UpkeepDependencies,
  request: EscrowRequest,
  address: string,
): Promise<void> {
  const blob = checkLockedKey(policy, request.encryptedPrivateKey)
  const { user, certificate } = await login(request, address)
  refuseDisabled(user)
  const escrow = { blob, spkiHash: certificate.spkiHash }
  await store.replaceEscrow({ userId: user.id, passwordHash: user.passwordHash, escrow })
}
