import { HermesError } from '../../../errors.js'
import { type Change, workOf } from '../../changes/changes.js'
import type { ChangeOutcome } from '../../commit/batch.js'
import { describe } from '../../unavailable.js'
import { isOfProgram, isOfValues } from '../postgres-error.js'
import type { Transaction } from './transaction.js'

type Made = readonly [Change, ChangeOutcome]

/** Makes changes inside the transaction of its caller; what one refuses undoes what it wrote, and nothing beside it. */
export async function makeChanges(transaction: Transaction, changes: readonly Change[]): Promise<readonly Made[]> {
  const outcomes: Made[] = []
  for (const change of changes) outcomes.push([change, await make(transaction, change)])
  return outcomes
}

async function make(transaction: Transaction, change: Change): Promise<ChangeOutcome> {
  try {
    return { answer: await transaction.isolate(() => transaction.perform(workOf(change))) }
  } catch (error) {
    if (error instanceof HermesError) return { refusal: { code: error.code, message: error.message } }
    if (isOfValues(error) || isOfProgram(error)) return { cause: describe(error) }
    throw error
  }
}
