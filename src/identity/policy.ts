/** What the identity service needs of the configuration, by the names that Config gives it. */
export interface IdentityPolicy {
  readonly bcryptCost: number
  readonly passwordWorkers: number
  /** Passwords waiting for each worker. */
  readonly passwordQueue: number
  readonly passwordQueuePerAddress: number
  /** For each address; 0 = no limit. */
  readonly passwordsPerMinute: number
  /** For each account and address in 15 minutes; 0 = no limit. */
  readonly loginFailures: number
  /** For each address; 0 = no limit. */
  readonly registrationsPerHour: number
  /** How many times that a /48 of IPv6 may; 0 = no limit. */
  readonly addressesPerSite: number
  readonly reservedUsernames: readonly string[]
  readonly escrowSha256Iterations: number
  readonly escrowSha512Iterations: number
  readonly certificateDays: number
  /** Renewals and recoveries of each user; 0 = no limit. */
  readonly certificatesPerHour: number
  /** For how long a certificate is good beside one of another key that replaces it. */
  readonly supersedeMinutes: number
  /** For how long after its end a certificate may still renew. */
  readonly renewalGraceDays: number
  readonly deletionDays: number
}
