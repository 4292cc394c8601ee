import type { MakeChange } from './changes/changes.js'
import { lockOf } from './changes/login-failures.js'
import type { IdentityStore, LoginAttempt } from './identity-store.js'
import type { NewCertificate } from './records.js'

/** The lock of a pair, as it is stored. */
export interface LockRow {
  readonly locks: number
  /** Milliseconds since the epoch of Unix. */
  readonly lockedUntil: number
}

type Changes = Omit<
  IdentityStore,
  | 'findIdentity'
  | 'findIdentityById'
  | 'findByFingerprint'
  | 'findKey'
  | 'findEscrow'
  | 'listCertificates'
  | 'findRenewal'
  | 'findDueDeletions'
  | 'findDeparting'
  | 'isRenewalOf'
>

/** What changes users, keys and certificates: all of it is made by `make`. */
export function accountChanges(
  make: MakeChange,
  now: () => Date,
  findLock: (attempt: LoginAttempt) => Promise<LockRow | null>,
): Changes {
  return {
    register: (user) => make('register', { user: owningDer(user), at: now() }),
    replacePasswordHash: (userId, oldHash, newHash) => make('replacePasswordHash', { userId, oldHash, newHash }),
    async countAttempt(attempt, at, policy) {
      if (policy.failures === 0) return null
      // A flood of guesses at a locked pair costs no write.
      const row = await findLock(attempt)
      const until = row && lockOf({ ...row, lockedUntil: new Date(row.lockedUntil) }, at, policy)
      if (until && until.getTime() === row?.lockedUntil) return until
      return make('countAttempt', { attempt, at, policy })
    },
    forgiveAttempts: (attempt) => make('forgiveAttempt', attempt),
    expireFailures: (at) => make('expireFailures', { at }),
    changePassword: (change) => make('changePassword', change),
    replaceEscrow: (change) => make('replaceEscrow', change),
    takeEscrow: (taking) => make('takeEscrow', taking),
    renew: (renewal) => make('renew', owningDer(renewal)),
    recover: (recovery) => make('recover', owningDer(recovery)),
    revoke: (revocation) => make('revoke', revocation),
    scheduleDeletion: (deletion) => make('scheduleDeletion', deletion),
    deleteAccount: (fingerprint, at) => make('deleteAccount', { fingerprint, at }),
    deleteDueAccount: (deletion) => make('deleteDueAccount', deletion),
    unlock: (fingerprint, at) => make('unlock', { fingerprint, at }),
    finishDeparture: (departing) => make('finishDeparture', departing),
  }
}

/** With a DER that is no part of a larger buffer, all of which would cross to the committing thread. */
function owningDer<T extends { readonly certificate: NewCertificate }>(input: T): T {
  const { certificate } = input
  return { ...input, certificate: { ...certificate, der: Uint8Array.from(certificate.der) } }
}
