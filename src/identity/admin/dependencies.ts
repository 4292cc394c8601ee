import { HermesError } from '../../errors.js'
import type { Account, AdministrationStore } from '../../store/administration-store.js'
import type { IdentityStore } from '../../store/identity-store.js'

export interface AdministrationDependencies {
  readonly store: AdministrationStore
  readonly identities: Pick<IdentityStore, 'findEscrow'>
  readonly now: () => Date
}

/** Throws `user_not_found`; deleted users are found. */
export async function requireAccount(store: AdministrationStore, username: string): Promise<Account> {
  const account = await store.findUser(username)
  if (account === null) throw new HermesError('user_not_found', `There is no user ${username}`)
  return account
}
