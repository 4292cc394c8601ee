import { HermesError } from '../../errors.js'
import type { AccountDelay } from '../account-delay.js'
import type { AddressLimit } from '../address-limit.js'
import type { Login } from '../login.js'
import type { RegisterDependencies } from '../register.js'

/** What follows from a change of certificates or of an account, once it is stored and before it is answered. */
export interface Consequences {
  /** Whoever holds connections of this user looks at him again. */
  readonly standingChanged: (userId: number) => void
  /** Ends the stays of a user whose account was recovered or deleted. */
  readonly endStays: (userId: number) => Promise<void>
}

export interface UpkeepDependencies extends RegisterDependencies, Consequences {
  readonly login: Login
  readonly delay: AccountDelay
  /** Renewals and recoveries, by user. */
  readonly certificateLimit: AddressLimit
}

/** Who is at the other end of a mutual TLS connection, as its certificate proves. */
export interface Holder {
  readonly userId: number
  readonly username: string
  readonly fingerprint: string
}

export function refuseDisabled({ disabledAt }: { readonly disabledAt: Date | null }): void {
  if (disabledAt !== null) throw new HermesError('account_disabled', 'The account is disabled')
}
