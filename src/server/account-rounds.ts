import type { IdentityService } from '../identity/identity-service.js'
import type { StoreLogger } from '../store/logger.js'
import { createRounds, type Rounds } from './rounds.js'

const ROUND_MS = 60 * 1000

export interface AccountRoundsOptions {
  readonly identities: Pick<IdentityService, 'deleteDueAccounts' | 'expireFailures'>
  /** What time it is believed to be: an account that is deleted does not come back. */
  readonly believedTime: () => Promise<Date>
  readonly logger: StoreLogger
}

/**
 * What time alone does to accounts: deletes those whose deletion is due, first those that came due while no server ran,
 * and writes down wrong passwords whose window is over.
 */
export function createAccountRounds({ identities, believedTime, logger }: AccountRoundsOptions): Rounds {
  const run = async () => {
    try {
      const deleted = await identities.deleteDueAccounts(await believedTime())
      if (deleted > 0) logger.info({ deleted }, 'Accounts whose deletion was due were deleted')
    } catch (error) {
      logger.error({ err: error }, 'Accounts whose deletion is due could not be deleted')
    }
    try {
      await identities.expireFailures()
    } catch (error) {
      logger.error({ err: error }, 'Wrong passwords could not be written down')
    }
  }
  return createRounds(run, ROUND_MS)
}
