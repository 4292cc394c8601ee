import type { Work } from '../work.js'
import { disableUser, enableUser, grantRole, revokeOfUser, unlockUser } from './administer.js'
import { retireAuthority, settleAuthorities } from './authorities.js'
import { confirmClock, lookAtClock } from './clock.js'
import { connectDevice } from './connect-device.js'
import { changePassword, replaceEscrow, replacePasswordHash, takeEscrow, unlock } from './credentials.js'
import { recordCrl } from './crls.js'
import { deleteAccount, deleteDueAccount, finishDeparture, scheduleDeletion } from './delete-account.js'
import { countAttempt, expireFailures, forgiveAttempt } from './login-attempts.js'
import { recover } from './recover.js'
import { register } from './register.js'
import { renew } from './renew.js'
import { revoke } from './revoke.js'
import { revokeServerCertificates } from './server-certificates.js'

/** Whatever changes users, keys, certificates, those who issue them, and what they say of them. */
export const CHANGES = {
  connectDevice,
  register,
  replacePasswordHash,
  countAttempt,
  forgiveAttempt,
  expireFailures,
  changePassword,
  replaceEscrow,
  takeEscrow,
  renew,
  recover,
  revoke,
  scheduleDeletion,
  deleteAccount,
  deleteDueAccount,
  unlock,
  finishDeparture,
  grantRole,
  disableUser,
  enableUser,
  unlockUser,
  revokeOfUser,
  settleAuthorities,
  retireAuthority,
  revokeServerCertificates,
  recordCrl,
  lookAtClock,
  confirmClock,
}

export type ChangeName = keyof typeof CHANGES
export type ChangeInput<N extends ChangeName> = Parameters<(typeof CHANGES)[N]>[0]
export type ChangeAnswer<N extends ChangeName> = ReturnType<(typeof CHANGES)[N]> extends Work<infer T> ? T : never

/** A change as data: it crosses to whoever runs it. */
export interface Change {
  readonly name: ChangeName
  readonly input: ChangeInput<ChangeName>
}

/**
 * Has a change made in one transaction; resolves when it is durable. Rejects with what the change throws, or with
 * `unavailable` when the database did not take it.
 */
export type MakeChange = <N extends ChangeName>(name: N, input: ChangeInput<N>) => Promise<ChangeAnswer<N>>

export function workOf({ name, input }: Change): Work<unknown> {
  const change = CHANGES[name] as (input: unknown) => Work<unknown>
  return change(input)
}
