import { createAccountRounds } from './account-rounds.js'
import type { Installation } from './installation.js'
import { createOtherNodes } from './other-nodes.js'
import { createRetention } from './retention.js'
import type { Rounds } from './rounds.js'
import type { Services } from './services.js'

/** What time alone brings about, but for the sessions of the hub and the certificates of the server. */
export function createPeriodicTasks(
  { config, store, logger }: Installation,
  { identities, hub, clockWatch }: Services,
): readonly Rounds[] {
  const others = store.isShared ? [createOtherNodes({ hub, logger })] : []
  const believedTime = () => clockWatch.look()
  return [
    ...others,
    createAccountRounds({ identities, believedTime, logger }),
    createRetention({ log: store.log, days: config.retentionDays, believedTime, logger }),
  ]
}
