import type { Pool } from 'pg'
import type { Change } from '../../changes/changes.js'
import { type Batch, type BatchOutcome, type Commit, refuseAll } from '../../commit/batch.js'
import type { Quotas } from '../../quotas.js'
import { describe } from '../../unavailable.js'
import { withClient } from '../pools.js'
import { isOfOthers } from '../postgres-error.js'
import { AppendWriter } from './appends.js'
import { makeChanges } from './changes.js'
import { moveCursors } from './cursors.js'
import { openDevices } from './device-rows.js'
import { lock, takeTurns } from './locks.js'
import { type Transaction, transact } from './transaction.js'

/** How often a batch is tried where other nodes are in its way. */
const ATTEMPTS_MAX = 3

/** Writes batches, each in one transaction; what a piece is at fault for undoes that piece alone. */
export function batchWriter(pool: Pool, quotas: Quotas): Commit {
  const attempt = (batch: Batch) =>
    withClient(pool, (client) => transact(client, (transaction) => write(transaction, batch, quotas)))

  const commit = async (batch: Batch): Promise<BatchOutcome> => {
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt(batch)
      } catch (error) {
        if (!isOfOthers(error) || attempts === ATTEMPTS_MAX) return refuseAll(batch, describe(error))
      }
    }
  }

  return (batch, settle) => void commit(batch).then(settle)
}

async function write(transaction: Transaction, batch: Batch, quotas: Quotas): Promise<BatchOutcome> {
  const ofAccounts = batch.changes.filter((change) => !isOfDevice(change))
  if (ofAccounts.length > 0) takeTurns(transaction)
  const made = await makeChanges(transaction, ofAccounts)
  const locked = await lock(transaction, batch)
  const appends = await new AppendWriter(transaction, quotas, locked).write(batch.appends)
  const devices = await openDevices(transaction, batch.devices)
  const outcomes = new Map([...made, ...(await makeChanges(transaction, batch.changes.filter(isOfDevice)))])
  const cursors = await moveCursors(transaction, batch.cursors, batch.now)
  const changes = batch.changes.map((change) => outcomes.get(change) ?? { cause: 'The change was not made' })
  return { changes, appends, devices, cursors }
}

/** The rows of devices are the last that are locked: whoever has one waits for no other kind. */
const isOfDevice = ({ name }: Change): boolean => name === 'connectDevice'
