import { HermesError } from '../errors.js'
import type { IdentityStore } from '../store/identity-store.js'
import type { Identity } from '../wire/identity.js'
import type { DescribeIdentity } from './identity.js'

export interface FetchDependencies {
  readonly store: IdentityStore
  readonly describe: DescribeIdentity
  readonly now: () => Date
}

/** The newest certificate of a user; throws `user_not_found` for unknown and deleted names. */
export async function fetchIdentity({ store, describe, now }: FetchDependencies, username: string): Promise<Identity> {
  const record = await store.findIdentity(username)
  if (record === null) throw new HermesError('user_not_found', `There is no user ${username}`)
  return describe(record, now())
}
