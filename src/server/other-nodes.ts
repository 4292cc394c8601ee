import type { Hub } from '../hub/hub.js'
import type { StoreLogger } from '../store/logger.js'
import { createRounds, type Rounds } from './rounds.js'

/** So often is looked for what other nodes did, and somewhat later at random, so that nodes do not look together. */
const ROUND_MS = 400
const JITTER_MS = 200

export interface OtherNodesOptions {
  readonly hub: Pick<Hub, 'catchUp'>
  readonly logger: StoreLogger
}

/** Looks in the store for what other nodes did and this one was not told. */
export function createOtherNodes({ hub, logger }: OtherNodesOptions): Rounds {
  let isBlind = false
  return createRounds(async ({ pause }) => {
    await pause(Math.random() * JITTER_MS)
    try {
      await hub.catchUp()
      isBlind = false
    } catch (error) {
      if (!isBlind) logger.error({ err: error }, 'What other nodes do cannot be read from the store')
      isBlind = true
    }
  }, ROUND_MS)
}
