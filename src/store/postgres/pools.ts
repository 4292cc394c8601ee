import { type ClientBase, Pool, type PoolClient, type PoolConfig } from 'pg'
import type { StoreLogger } from '../logger.js'
import type { Address } from './address.js'
import { sqlState } from './postgres-error.js'
import { TYPES } from './types.js'

/** How a store uses its database. */
export interface PoolLimits {
  /** Connections that read; one more writes. */
  readonly connections: number
  /** How long a statement may take, in milliseconds; a lock or a connection is waited for half as long. */
  readonly timeoutMs: number
}

export const POOL_LIMITS: PoolLimits = { connections: 8, timeoutMs: 10_000 }

const IDLE_MS = 300_000
/** An answer that is not here so much later than the server should have given up, comes no more. */
const GRACE_MS = 2000

/**
 * Whatever the defaults of the database, the user or the server: times and bytes are written as `types.ts` reads them,
 * and no single read fails for what others write.
 */
const SETTINGS = Object.entries({
  DateStyle: 'ISO',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  default_transaction_isolation: 'read\\ committed',
})
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

/** Weaker ones would lose with a disk, or with the primary, what was answered. */
const RAISE = `
  SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')`

/**
 * Has a connection wait at least until what it commits is on a disk; who set more for the database or the user gets it.
 */
export async function raiseDurability(client: ClientBase): Promise<void> {
  await client.query(RAISE)
}

export interface Pools {
  readonly readers: Pool
  /** One connection, which sends statements before the one ahead is answered. */
  readonly writer: Pool
  close(): Promise<void>
}

export function openPools(address: Address, limits: PoolLimits, logger: StoreLogger): Pools {
  const open = (config: PoolConfig) => {
    // The pool waits for it, whatever its types say.
    const onConnect = raiseDurability as (client: ClientBase) => void
    const pool = new Pool({ ...configOf(address, limits), onConnect, ...config })
    // What was idle when the database went away; the next use makes a new connection.
    pool.on('error', (error) => logger.error({ err: error }, 'A connection to the database was lost'))
    // Of one in use whoever waits for an answer is told by his query. From its first moment on: the server may end it in
    // the very packet that says it is ready.
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  }
  const [readers, writer] = [open({ max: limits.connections }), open({ max: 1, pipeline: true })]
  return {
    readers,
    writer,
    async close() {
      await Promise.all([readers.end(), writer.end()])
    },
  }
}

/**
 * One connection of a pool, for `use` alone. It is thrown away where that left a transaction open, or an answer that
 * was not waited for: what was asked may still be done, whenever it arrives.
 */
export async function withClient<T>(pool: Pool, use: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let isSpoilt = true
  try {
    const result = await use(client)
    isSpoilt = false
    return result
  } catch (error) {
    isSpoilt = sqlState(error) === null
    throw error
  } finally {
    client.release(isSpoilt || client.getTransactionStatus() !== 'I')
  }
}

export function configOf({ config }: Address, { timeoutMs }: PoolLimits): PoolConfig {
  return {
    ...config,
    application_name: 'hermes',
    types: TYPES,
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs / 2,
    idleTimeoutMillis: IDLE_MS,
    statement_timeout: timeoutMs,
    lock_timeout: timeoutMs / 2,
    // Whoever dies or hangs in a transaction must not keep what it has locked.
    idle_in_transaction_session_timeout: timeoutMs,
    query_timeout: timeoutMs + GRACE_MS,
    options: `${config.options ?? ''} ${SETTINGS}`,
  }
}
