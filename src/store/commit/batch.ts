import type { ErrorCode } from '../../errors.js'
import type { Change } from '../changes/changes.js'
import type { Append } from '../event-log.js'
import type { Quota } from '../quotas.js'

/** A device to open: made if it is new. */
export interface DeviceOpening {
  readonly userId: number
  readonly name: string
  /** Milliseconds since the epoch of Unix, as everything in the database. */
  readonly now: number
  readonly maxDevices: number
}

/** A cursor of a device: of a conversation (its id, a seq) or of an invitation (its uuid, how many of its events). */
export interface CursorMove {
  readonly deviceId: number
  readonly target: number | string
  readonly value: number
}

/** What is written together. */
export interface Batch {
  /** When it is written, milliseconds since the epoch of Unix. */
  readonly now: number
  /** Made first: what is appended beside a revocation meets it. */
  readonly changes: readonly Change[]
  readonly appends: readonly Append[]
  readonly devices: readonly DeviceOpening[]
  readonly cursors: readonly CursorMove[]
}

/** Writes a batch: calls `settle` once, with what became of each piece. */
export type Commit = (batch: Batch, settle: (outcome: BatchOutcome) => void) => void

/** Why one piece of work was not stored; `cause` is one line for the log. */
export interface Refused {
  readonly cause: string
}

/** It would have taken more than a quota allows. */
export interface OverQuota {
  readonly quota: Quota
  readonly limit: number
}

/** `revoked`: a stay would have begun under a certificate that is revoked. */
export type AppendOutcome = number | 'conflict' | 'duplicate' | 'revoked' | OverQuota | Refused
export type DeviceOutcome = { readonly id: number } | 'quota' | Refused
/** `gone`: there is no such device any more, or nothing of that id to acknowledge. */
export type CursorOutcome = 'gone' | Refused

/** What a change refused by itself, as data. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
}

export type ChangeOutcome = { readonly answer: unknown } | { readonly refusal: Refusal } | Refused

export interface BatchOutcome {
  readonly changes: readonly ChangeOutcome[]
  /** For each append the id of its conversation, or why it was not stored. */
  readonly appends: readonly AppendOutcome[]
  readonly devices: readonly DeviceOutcome[]
  /** Those that were not moved, by index. */
  readonly cursors: readonly (readonly [number, CursorOutcome])[]
}

type Pieces = Pick<Batch, 'changes' | 'devices' | 'cursors'> & { readonly appends: readonly unknown[] }

/** The outcome of a batch of which nothing was stored. */
export function refuseAll(batch: Pieces, cause: string): BatchOutcome {
  const refusal: Refused = { cause }
  return {
    changes: batch.changes.map(() => refusal),
    appends: batch.appends.map(() => refusal),
    devices: batch.devices.map(() => refusal),
    cursors: batch.cursors.map((_, index) => [index, refusal]),
  }
}
