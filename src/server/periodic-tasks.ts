import { createAccountRounds } from './account-rounds.js'
import { createRotation, type Pairs } from './certificates/rotation.js'
import type { Installation } from './installation.js'
import { createRetention } from './retention.js'
import { recordServerPair } from './revocation.js'
import type { Rounds } from './rounds.js'
import type { Services } from './services.js'

/** What time alone brings about, but for the sessions of the hub. */
export function createPeriodicTasks(
  installation: Installation,
  { identities }: Services,
  present: (pairs: Pairs) => void,
): readonly Rounds[] {
  const { config, store, files, certificates, logger, now } = installation
  return [
    createAccountRounds({ identities, logger }),
    createRetention({ log: store.log, days: config.retentionDays, now, logger }),
    createRotation({
      files,
      certificates,
      record: (pair) => recordServerPair(store.revocations, pair),
      present,
      now,
      logger,
    }),
  ]
}
