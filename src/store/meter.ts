import type { ErrorCode } from '../errors.js'
import type { ChangeName } from './changes/changes.js'

/** A transaction that has ended. */
export interface Transaction {
  /** Appends, changes, devices and cursors in it. */
  readonly pieces: number
  readonly ms: number
  /** Whether the database took all that broke no rule. */
  readonly isTaken: boolean
}

/** Is told of the store's work as it is done, so it must be quick; it must not throw. */
export interface StoreMeter {
  committed(transaction: Transaction): void
  /** An append was answered so many milliseconds after it was given. */
  appended(ms: number): void
  /** A change of users, keys or certificates was made, or refused with this code. */
  changed(name: ChangeName, code: ErrorCode | null): void
}

export const NO_STORE_METER: StoreMeter = { committed() {}, appended() {}, changed() {} }
