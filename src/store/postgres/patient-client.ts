import { Client } from 'pg'
import type { Address } from './address.js'
import { configOf, POOL_LIMITS, raiseDurability } from './pools.js'

/** For what takes as long as it takes. */
const NO_LIMITS = { statement_timeout: 0, lock_timeout: 0, query_timeout: 0, idle_in_transaction_session_timeout: 0 }

/** A connection of its own, for `use` alone; what it did in a transaction that it has not ended is undone. */
export async function withPatientClient<T>(address: Address, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...configOf(address, POOL_LIMITS), ...NO_LIMITS })
  // Whoever waits for an answer is told by his query.
  client.on('error', () => {})
  try {
    await client.connect()
    await raiseDurability(client)
    return await use(client)
  } finally {
    await client.end()
  }
}
