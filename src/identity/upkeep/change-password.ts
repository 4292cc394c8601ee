import type { ChangePasswordRequest } from '../../wire/upkeep.js'
import { checkEscrow } from '../escrow.js'
import { normalizeNewPassword } from '../password.js'
import { refuseDisabled, type UpkeepDependencies } from './dependencies.js'

/** Gives the account another password, and if asked another locked key of its newest certificate. */
export async function changePassword(
  { policy, login, workers, store, now }: UpkeepDependencies,
  request: ChangePasswordRequest,
  address: string,
): Promise<void> {
  const newPassword = normalizeNewPassword(request.newPassword, 'newPassword')
  const blob = checkEscrow(policy, request.encryptedPrivateKey)
  const { user, certificate } = await login(request, address)
  refuseDisabled(user)
  const key = `${request.username} ${address}`
  const newHash = await workers.run({ address, key }, (hasher) => hasher.hash(newPassword))
  const escrow = blob === null ? null : { blob, spkiHash: certificate.spkiHash }
  const { id: userId, passwordHash } = user
  await store.changePassword({ userId, passwordHash, address, newHash, escrow, at: now() })
}
