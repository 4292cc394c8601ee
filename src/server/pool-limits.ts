import type { Config } from '../config.js'
import type { PoolLimits } from '../store/postgres/pools.js'

export function poolLimits({ databaseConnections, databaseTimeoutSeconds }: Config): PoolLimits {
  return { connections: databaseConnections, timeoutMs: databaseTimeoutSeconds * 1000 }
}
