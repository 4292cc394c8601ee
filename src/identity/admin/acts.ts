import type { Account, AdministratorRevokeRequest, RevokedCertificates, Role } from '../../wire/administration.js'
import { type ActDependencies, type Administrator, requireAccount } from './dependencies.js'
import { describeAccount } from './describe.js'

/** Gives a role, or takes it; for the server's own machine alone. */
export async function grantRole(dependencies: ActDependencies, username: string, role: Role): Promise<Account> {
  await dependencies.store.grantRole({ username, role, at: dependencies.now() })
  return describeAccount(await requireAccount(dependencies.store, username), dependencies.now())
}

/** Lets a user in no more, and ends his live connections. */
export async function disableUser(
  dependencies: ActDependencies,
  username: string,
  by: Administrator,
): Promise<Account> {
  await dependencies.store.disable({ username, by, at: dependencies.now() })
  return inNewStanding(dependencies, username)
}

export async function enableUser(dependencies: ActDependencies, username: string, by: Administrator): Promise<Account> {
  await dependencies.store.enable({ username, by, at: dependencies.now() })
  return inNewStanding(dependencies, username)
}

async function inNewStanding({ store, now, standingChanged }: ActDependencies, username: string): Promise<Account> {
  const account = await requireAccount(store, username)
  standingChanged(account.id)
  return describeAccount(account, now())
}

/** Lifts what wrong passwords brought upon an account, and calls a deletion off that was asked for by password. */
export async function unlockUser(
  { store, now, liftDelay }: ActDependencies,
  username: string,
  by: Administrator,
): Promise<Account> {
  await store.unlock({ username, by, at: now() })
  liftDelay(username)
  return describeAccount(await requireAccount(store, username), now())
}

/** Revokes one certificate of a user, or all; ends the live connections under them. */
export async function revokeOfUser(
  { store, now, standingChanged }: ActDependencies,
  username: string,
  { serialNumber, reason }: AdministratorRevokeRequest,
  by: Administrator,
): Promise<RevokedCertificates> {
  const act = { username, by, at: now(), serialNumber: serialNumber ?? null, reason }
  const { userId, serialNumbers } = await store.revoke(act)
  standingChanged(userId)
  return { serialNumbers: [...serialNumbers] }
}
