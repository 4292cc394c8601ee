import { HermesError } from '../../errors.js'
import type { Account, AdministrationStore } from '../../store/administration-store.js'
import type { AuditStore } from '../../store/audit.js'
import type { IdentityStore } from '../../store/identity-store.js'
import type { Consequences } from '../upkeep/dependencies.js'

export interface AdministrationDependencies {
  readonly store: AdministrationStore
  readonly identities: Pick<IdentityStore, 'findEscrow'>
  readonly audit: AuditStore
  readonly now: () => Date
}

export interface ActDependencies extends AdministrationDependencies, Pick<Consequences, 'standingChanged'> {
  /** Ends the delay of passwords of an account. */
  readonly liftDelay: (username: string) => void
}

/**
 * Who acts: fingerprint of the certificate that proves him, or null for whoever is on the server's own machine. That he
 * has the role is decided in the transaction of each act.
 */
export type Administrator = string | null

/** Throws `user_not_found`; deleted users are found. */
export async function requireAccount(store: AdministrationStore, username: string): Promise<Account> {
  const account = await store.findUser(username)
  if (account === null) throw new HermesError('user_not_found', `There is no user ${username}`)
  return account
}
