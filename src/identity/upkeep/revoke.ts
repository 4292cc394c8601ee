import type { RevokeOwnRequest, RevokeRequest } from '../../wire/upkeep.js'
import { type Holder, refuseDisabled, type UpkeepDependencies } from './dependencies.js'

/** Revokes a certificate of whoever knows the password; without serial number the newest. */
export async function revokeByPassword(
  { login, store, now, standingChanged }: UpkeepDependencies,
  request: RevokeRequest,
  address: string,
): Promise<void> {
  const { user } = await login(request, address)
  refuseDisabled(user)
  const proof = { passwordHash: user.passwordHash, address }
  await store.revoke({
    userId: user.id,
    proof,
    serialNumber: request.serialNumber ?? null,
    reason: request.reason,
    at: now(),
  })
  standingChanged(user.id)
}

/** Revokes a certificate of whoever holds the key of another, or of the same; without serial number its own. */
export async function revokeByCertificate(
  { store, now, standingChanged }: UpkeepDependencies,
  { serialNumber, reason }: RevokeOwnRequest,
  { userId, fingerprint }: Holder,
): Promise<void> {
  await store.revoke({ userId, proof: { fingerprint }, serialNumber: serialNumber ?? null, reason, at: now() })
  standingChanged(userId)
}
