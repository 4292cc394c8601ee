import type { IdentityService } from '../identity/identity-service.js'
import type { StoreLogger } from '../store/logger.js'
import { createRounds, type Rounds } from './rounds.js'

const ROUND_MS = 60 * 1000

export interface DeletionsOptions {
  readonly identities: Pick<IdentityService, 'deleteDueAccounts'>
  readonly logger: StoreLogger
}

/** Deletes the accounts whose deletion is due, first those that came due while no server ran. */
export function createDeletions({ identities, logger }: DeletionsOptions): Rounds {
  const run = async () => {
    try {
      const deleted = await identities.deleteDueAccounts()
      if (deleted > 0) logger.info({ deleted }, 'Accounts whose deletion was due were deleted')
    } catch (error) {
      logger.error({ err: error }, 'Accounts whose deletion is due could not be deleted')
    }
  }
  return createRounds(run, ROUND_MS)
}
