import type { BrokenRow } from './audit-chain.js'

/** What is to be known of a database without changing anything in it, whether a server runs or not. */
export interface DatabaseFacts extends EngineFacts {
  /** Rows whose projection is not what the log says, a sentence each. */
  readonly projections: readonly string[]
  readonly auditRows: number
  readonly brokenAudit: BrokenRow | null
  /** The latest time that is stored anywhere, or null. */
  readonly newest: Date | null
  /** What time servers on it believed it was when they looked last; null where none looked. */
  readonly believed: Date | null
  readonly certificates: number
  /** Serial numbers of less than 64 bits, or that share their first 64 bits with another. */
  readonly weakSerials: number
  /** How many users have a hash of each cost of bcrypt. */
  readonly hashCosts: Readonly<Record<string, number>>
  /** The number of the newest CRL of the root that was ever here; null for none. */
  readonly rootCrl: number | null
  /** The issuing CAs that this database knows. */
  readonly authorities: readonly KnownAuthority[]
}

/** What only its engine can tell of a database. */
export interface EngineFacts {
  readonly schemaVersion: number
  /** Of this program. */
  readonly newestVersion: number
  /**
   * Tables, indexes and triggers that are missing, or not of the migrations, and triggers that are not as they were.
   */
  readonly strangeSchema: readonly string[]
  /** What the engine's own checks find; empty where all is well. */
  readonly damage: readonly string[]
  /** How the server that has it is reached; null for a file. */
  readonly server: ServerFacts | null
}

export interface ServerFacts {
  /** Without user and password. */
  readonly name: string
  /** Such as 15.8. */
  readonly version: string
  /** Whether nobody on the way can listen: encrypted, or on this machine. */
  readonly isPrivate: boolean
  readonly bytes: number
  /** How far its clock is ahead of this machine's, in milliseconds, within half of what asking took. */
  readonly aheadMs: number
  /** Whether whoever commits waits until that is on a disk. */
  readonly isDurable: boolean
}

export interface KnownAuthority {
  readonly name: string
  readonly fingerprint: string
  /** When the last certificate that it issued ends; null when it issued none. */
  readonly lastEnd: Date | null
  /** Whether a CRL of the root has listed it. */
  readonly isRevoked: boolean
  /** Whether its key was to be removed. */
  readonly isRetired: boolean
}
