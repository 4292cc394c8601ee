import type { DeleteAccountRequest, Deletion } from '../../wire/upkeep.js'
import { type Holder, refuseDisabled, type UpkeepDependencies } from './dependencies.js'

const DAY_MS = 24 * 3600 * 1000
/** Accounts deleted by one sweep; the rest waits for the next. */
const DUE = 100

/** Has the account deleted in some days, so that whoever holds a certificate can call it off. */
export async function scheduleDeletion(
  { login, policy, store, now }: UpkeepDependencies,
  request: DeleteAccountRequest,
  address: string,
): Promise<Deletion> {
  const { user } = await login(request, address)
  refuseDisabled(user)
  const { id: userId, passwordHash } = user
  const at = now()
  const effectiveAt = new Date(at.getTime() + policy.deletionDays * DAY_MS)
  const due = await store.scheduleDeletion({ userId, passwordHash, address, effectiveAt, at })
  return { effectiveAt: due.toISOString() }
}

/** Deletes the account of whoever holds the key of its newest certificate, at once. */
export async function deleteAccount(
  { store, now, standingChanged, endStays }: UpkeepDependencies,
  { userId, fingerprint }: Holder,
): Promise<Deletion> {
  const at = now()
  await store.deleteAccount(fingerprint, at)
  standingChanged(userId)
  await endStays(userId)
  return { effectiveAt: at.toISOString() }
}

/** Deletes the accounts whose time came by `dueBy`, also while no server ran; answers how many. */
export async function deleteDueAccounts(
  { store, now, standingChanged, endStays }: UpkeepDependencies,
  dueBy: Date,
): Promise<number> {
  let deleted = 0
  for (const userId of await store.findDueDeletions(dueBy, DUE)) {
    if (!(await store.deleteDueAccount({ userId, dueBy, at: now() }))) continue
    standingChanged(userId)
    await endStays(userId)
    deleted += 1
  }
  return deleted
}
