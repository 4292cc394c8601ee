import type { ClientBase } from 'pg'
import type { Work } from '../../work.js'
import { execute, type Parameter, perform } from '../statements.js'

/**
 * A transaction on a connection that sends statements before the one ahead is answered. Where one fails, PostgreSQL
 * refuses all behind it, so that the first failure is the one that counts.
 */
export class Transaction {
  readonly #client: ClientBase
  #sent: Promise<unknown>[] = []

  constructor(client: ClientBase) {
    this.#client = client
  }

  /** Does not wait: whoever commits, or asks, does. */
  send(text: string, ...values: readonly Parameter[]): void {
    void this.#follow(execute(this.#client, text, values))
  }

  /** The rows of a statement, when all before it went well. */
  async ask<Row>(text: string, ...values: readonly Parameter[]): Promise<readonly Row[]> {
    const answer = this.#follow(execute<Row>(this.#client, text, values))
    await this.settled()
    return answer
  }

  async perform<T>(work: Work<T>): Promise<T> {
    await this.settled()
    return perform(this.#client, work)
  }

  /** Rejects with the first failure of what was sent. */
  async settled(): Promise<void> {
    const sent = this.#sent
    this.#sent = []
    const failure = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected')
    if (failure?.status === 'rejected') throw failure.reason
  }

  /** Runs `work` so that its failure undoes nothing else. */
  async isolate<T>(work: () => Promise<T>): Promise<T> {
    await this.settled()
    this.send('SAVEPOINT "piece"')
    try {
      const result = await work()
      this.send('RELEASE "piece"')
      return result
    } catch (error) {
      await this.settled().catch(() => {})
      this.send('ROLLBACK TO "piece"')
      this.send('RELEASE "piece"')
      await this.settled()
      throw error
    }
  }

  #follow<T>(answer: Promise<T>): Promise<T> {
    answer.catch(() => {})
    this.#sent.push(answer)
    return answer
  }
}

/** Runs `work` in a transaction: durable when it resolves, undone when it rejects. */
export async function transact<T>(client: ClientBase, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const transaction = new Transaction(client)
  transaction.send('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
  try {
    const result = await work(transaction)
    await transaction.settled()
    transaction.send('COMMIT')
    await transaction.settled()
    return result
  } catch (error) {
    await transaction.settled().catch(() => {})
    transaction.send('ROLLBACK')
    await transaction.settled().catch(() => {})
    throw error
  }
}
