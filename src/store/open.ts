import type { StoreLogger } from './logger.js'
import type { StoreMeter } from './meter.js'
import { isPostgres } from './postgres/address.js'
import type { PoolLimits } from './postgres/pools.js'
import type { Quotas } from './quotas.js'
import type { Store } from './store.js'

export interface StoreOptions {
  /** `file:` and a path for SQLite, or `postgresql://…`. */
  readonly url: string
  /** Of PostgreSQL. */
  readonly limits: PoolLimits
  readonly quotas?: Quotas
  readonly now: () => Date
  readonly logger: StoreLogger
  readonly meter?: StoreMeter
}

/**
 * Opens the store that a URL names, a SQLite file for this process alone. Each engine is loaded only where it is used.
 * Rejects as `openSqliteStore` and `openPostgresStore` do.
 */
export async function openStore({ limits, ...options }: StoreOptions): Promise<Store> {
  if (isPostgres(options.url)) {
    const { openPostgresStore } = await import('./postgres/open.js')
    return openPostgresStore({ ...options, limits })
  }
  const { openSqliteStore } = await import('./sqlite/open.js')
  return openSqliteStore({ ...options, exclusive: true })
}
