import type { AccountDetails, UserList, UsersQuery } from '../../wire/administration.js'
import { type AdministrationDependencies, requireAccount } from './dependencies.js'
import { describeAccount } from './describe.js'

/** A page of users by name, deleted ones too. */
export async function listUsers(
  { store, now }: AdministrationDependencies,
  { role, after, limit }: UsersQuery,
): Promise<UserList> {
  const found = await store.listUsers({ role: role ?? null, after: after ?? null, limit: limit + 1 })
  const at = now()
  return { users: found.slice(0, limit).map((account) => describeAccount(account, at)), more: found.length > limit }
}

/** One user with what keeps him from logging in. */
export async function showUser(
  { store, identities, now }: AdministrationDependencies,
  username: string,
): Promise<AccountDetails> {
  const account = await requireAccount(store, username)
  const failures = await store.listLoginFailures(username)
  return {
    ...describeAccount(account, now()),
    hasPrivateKey: (await identities.findEscrow(account.id)) !== null,
    loginFailures: failures.map(({ address, count, since, lockedUntil }) => ({
      address,
      count,
      since: since.toISOString(),
      ...(lockedUntil !== null && { lockedUntil: lockedUntil.toISOString() }),
    })),
  }
}
