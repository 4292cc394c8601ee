import type { Holder, UpkeepDependencies } from './dependencies.js'

/** Lifts what others may have brought upon the account: locks and delays of its password, and a scheduled deletion. */
export async function unlockAccount(
  { store, now, delay }: UpkeepDependencies,
  { username, fingerprint }: Holder,
): Promise<void> {
  await store.unlock(fingerprint, now())
  delay.lift(username)
}
