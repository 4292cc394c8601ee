import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import { ConflictError, RevokedError } from '../append-refusals.js'
import type { Change } from '../changes/changes.js'
import {
  type AppendOutcome,
  type BatchOutcome,
  type ChangeOutcome,
  type CursorOutcome,
  type Refused,
  refuseAll,
} from '../commit/batch.js'
import { QuotaError, type Quotas } from '../quotas.js'
import { describe } from '../unavailable.js'
import { type AppendWriter, appendWriter } from './append-writer.js'
import { changeWriter } from './change-writer.js'
import { type DeviceWriter, deviceWriter } from './device-writer.js'
import { type PackedAppend, type PackedBatch, unpackAppends } from './packed-batch.js'
import { quotaGuard } from './quota-guard.js'
import { isConstraint, sqliteCode } from './sqlite-error.js'
import { TransactionLost, type Transactions, transactions } from './transactions.js'

/** Runs one piece of work so that its failure undoes nothing else. */
type Isolate = <T>(work: () => T) => T

/**
 * Writes batches, each in one transaction. One that fails is done again one piece at a time: behind savepoints
 * when a piece broke a rule, so that the others still share a commit; each in a transaction of its own when the
 * database had no room or broke, so that what fits is stored.
 */
export function batchWriter(db: Database, quotas: Quotas): (batch: PackedBatch) => BatchOutcome {
  const transaction = transactions(db)
  const writers = {
    change: changeWriter(db),
    appends: appendWriter(db, quotaGuard(db, quotas)),
    devices: deviceWriter(db),
  }

  return (batch) => {
    const packed = unpackAppends(batch)
    try {
      return transaction.run(() => together(writers, transaction.savepoint, packed, batch))
    } catch (error) {
      return oneByOne(transaction, writers, packed, batch, error)
    }
  }
}

interface Writers {
  readonly change: (change: Change) => unknown
  readonly appends: AppendWriter
  readonly devices: DeviceWriter
}

function together(
  { change, appends, devices }: Writers,
  isolate: Isolate,
  packed: PackedAppend[],
  batch: PackedBatch,
): BatchOutcome {
  const cursors: [number, CursorOutcome][] = []
  // A change that refuses may have written already.
  const changes = batch.changes.map((made) => refusable(() => isolate(() => change(made))))
  const conversations = appends.writeAll(packed)
  const opened = batch.devices.map((opening) => devices.open(opening))
  batch.cursors.forEach((cursor, index) => {
    const refusal = devices.move(cursor, batch.now)
    if (refusal !== null) cursors.push([index, refusal])
  })
  return { changes, appends: conversations, devices: opened, cursors }
}

function oneByOne(
  transaction: Transactions,
  { change, appends, devices }: Writers,
  packed: PackedAppend[],
  batch: PackedBatch,
  failure: unknown,
): BatchOutcome {
  if (isBusy(failure)) return refuseAll({ ...batch, appends: packed }, describe(failure))
  const separately = (isolate: Isolate) => ({
    changes: batch.changes.map((made) => attempt(() => refusable(() => isolate(() => change(made))), refused)),
    appends: appendEach(appends, packed, isolate),
    devices: batch.devices.map((opening) => attempt(() => isolate(() => devices.open(opening)), refused)),
    cursors: moveEach(devices, batch, isolate),
  })
  if (isOfOnePiece(failure)) {
    try {
      return transaction.run(() => separately(transaction.savepoint))
    } catch (error) {
      if (isBusy(error)) return refuseAll({ ...batch, appends: packed }, describe(error))
    }
  }
  return separately(transaction.run)
}

function refusable(work: () => unknown): ChangeOutcome {
  try {
    return { answer: work() }
  } catch (error) {
    if (!(error instanceof HermesError)) throw error
    return { refusal: { code: error.code, message: error.message } }
  }
}

function appendEach(appends: AppendWriter, packed: readonly PackedAppend[], isolate: Isolate): AppendOutcome[] {
  const failed = new Set<number>()
  return packed.map((append) => {
    // What was decided on top of an append that is not there must be decided again.
    if (failed.has(append.conversation)) return 'conflict'
    const outcome = attempt(() => isolate(() => appends.write(append)), appendRefusal)
    if (typeof outcome !== 'number' && append.conversation !== 0) failed.add(append.conversation)
    return outcome
  })
}

function moveEach(devices: DeviceWriter, batch: PackedBatch, isolate: Isolate): [number, CursorOutcome][] {
  return batch.cursors.flatMap((cursor, index): [number, CursorOutcome][] => {
    const refusal = attempt(() => isolate(() => devices.move(cursor, batch.now)), cursorRefusal)
    return refusal === null ? [] : [[index, refusal]]
  })
}

function attempt<T, R>(work: () => T, refusal: (error: unknown) => R): T | R {
  try {
    return work()
  } catch (error) {
    if (error instanceof TransactionLost) throw error
    return refusal(error)
  }
}

function appendRefusal(error: unknown): AppendOutcome {
  if (error instanceof ConflictError) return 'conflict'
  if (error instanceof RevokedError) return 'revoked'
  if (error instanceof QuotaError) return { quota: error.quota, limit: error.limit }
  if (!isConstraint(error) || !(error instanceof Error)) return refused(error)
  if (/Event\.messageId|Request\.requestId/.test(error.message)) return 'duplicate'
  if (/Event\.seq|Conversation\.uuid/.test(error.message)) return 'conflict'
  return refused(error)
}

const cursorRefusal = (error: unknown): CursorOutcome => (isConstraint(error) ? 'gone' : refused(error))

const refused = (error: unknown): Refused => ({ cause: describe(error) })

/** Whether another process holds the database; trying again would wait as long again. */
function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') ?? false
}

/** Whether a piece of the batch is at fault, rather than the database. */
function isOfOnePiece(error: unknown): boolean {
  return isConstraint(error) || sqliteCode(error) === null
}
