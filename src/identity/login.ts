import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import bcrypt from 'bcryptjs'
import { HermesError } from '../errors.js'
import type { IdentityStore, LoginAttempt, LoginPolicy } from '../store/identity-store.js'
import type { IdentityRecord } from '../store/records.js'
import type { AccountDelay } from './account-delay.js'
import type { AddressLimit } from './address-limit.js'
import { normalizeGuess } from './password.js'
import type { PasswordHasher, PasswordWorkers } from './password-workers.js'
import type { IdentityPolicy } from './policy.js'
import { tryAgain } from './try-again.js'

const MINUTE_MS = 60_000

export interface LoginDependencies {
  readonly store: IdentityStore
  readonly workers: PasswordWorkers
  readonly passwordLimit: AddressLimit
  readonly policy: Pick<IdentityPolicy, 'bcryptCost' | 'loginFailures'>
  readonly now: () => Date
  readonly delay: AccountDelay
  /** Ends what is being delayed. */
  readonly closing: AbortSignal
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Checks a password; `address` as `addressKey` gives it. */
export type Login = (credentials: Credentials, address: string) => Promise<IdentityRecord>

/**
 * Checks passwords (pki.md "Passwords"). Unknown users and wrong passwords are refused alike, with
 * `invalid_credentials`, after as much work. Throws `account_locked`, `rate_limited` or `busy` besides.
 */
export function createLogin(dependencies: LoginDependencies): Login {
  const { passwordLimit, workers, policy, delay, closing } = dependencies
  const nobodysHash = createNobodysHash(policy.bcryptCost)

  return async ({ username, password }, address) => {
    passwordLimit.take(address)
    const { delayMs, forgive } = delay.begin(username, address)
    try {
      if (delayMs > 0) await pause(delayMs, closing)
      // One after another for a user and address, or right passwords sent at once would lock each other out.
      const record = await workers.run({ address, key: `${username} ${address}` }, (hasher) =>
        check(dependencies, hasher, nobodysHash, { username, address }, password),
      )
      forgive()
      return record
    } catch (error) {
      if (!(error instanceof HermesError) || error.code !== 'invalid_credentials') forgive()
      throw error
    }
  }
}

/** Of the configured cost, and no password's: comparing with it takes as long as with a user's. */
function createNobodysHash(cost: number): string {
  return bcrypt.genSaltSync(cost) + randomBytes(24).toString('hex').slice(0, 31)
}

async function pause(milliseconds: number, closing: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: closing, ref: false }).catch((cause: unknown) => {
    throw new HermesError('draining', undefined, { cause })
  })
}

async function check(
  { store, policy, now }: LoginDependencies,
  hasher: PasswordHasher,
  nobodysHash: string,
  attempt: LoginAttempt,
  password: string,
): Promise<IdentityRecord> {
  const lockedUntil = await store.countAttempt(attempt, now(), lockPolicy(policy.loginFailures))
  if (lockedUntil !== null) throw locked(lockedUntil, now())
  const record = await store.findIdentity(attempt.username)
  const guess = normalizeGuess(password)
  const fits = await hasher.compare(
    guess ?? '',
    guess === null || record === null ? nobodysHash : record.user.passwordHash,
  )
  if (record === null || guess === null || !fits) throw invalidCredentials()
  await store.forgiveAttempts(attempt)
  return renewHash(store, hasher, policy.bcryptCost, record, guess)
}

/** The record with the hash that proves the password from now on; one that another login renewed is that one's. */
async function renewHash(
  store: IdentityStore,
  hasher: PasswordHasher,
  cost: number,
  record: IdentityRecord,
  password: string,
): Promise<IdentityRecord> {
  const { user } = record
  if (bcrypt.getRounds(user.passwordHash) >= cost) return record
  const passwordHash = await hasher.hash(password)
  if (await store.replacePasswordHash(user.id, user.passwordHash, passwordHash))
    return { ...record, user: { ...user, passwordHash } }
  const stored = await store.findIdentityById(user.id)
  const isSame = stored !== null && (await hasher.compare(password, stored.user.passwordHash))
  if (!isSame) throw invalidCredentials()
  return stored
}

function invalidCredentials(): HermesError {
  return new HermesError('invalid_credentials', 'There is no such user, or the server password is wrong')
}

function lockPolicy(failures: number): LoginPolicy {
  return { failures, windowMs: 15 * MINUTE_MS, lockMs: 15 * MINUTE_MS, maxLockMs: 60 * MINUTE_MS }
}

function locked(until: Date, now: Date): HermesError {
  const retryAfterMs = Math.max(0, until.getTime() - now.getTime())
  const sentence = `Too many wrong passwords for this account from this address (HERMES_LOGIN_FAILURES): ${tryAgain(retryAfterMs)}`
  return new HermesError('account_locked', sentence, { retryAfterMs })
}
