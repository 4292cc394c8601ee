import type { AuthoritySet } from './certificates/authority-set.js'
import { createRotation, type Pairs } from './certificates/rotation.js'
import { type AuthorityActs, Custody } from './custody.js'
import type { Installation } from './installation.js'
import { recordServerPair } from './revocation.js'
import type { Rounds } from './rounds.js'
import type { Services } from './services.js'

export interface Shown {
  /** Has new connections get these certificates. */
  readonly present: (pairs: Pairs) => void
  /** Has the hub ask for certificates of these CAs. */
  readonly trust: (set: AuthoritySet) => void
}

/** What keeps the CAs and the certificates of a running server as they ought to be. */
export function createKeeping(
  { store, files, certificates, authorities, logger, now }: Installation,
  { standingChanged }: Services,
  { present, trust }: Shown,
): Rounds & AuthorityActs {
  const custody = new Custody({ files, authorities, store: store.authorities, standingChanged, changed: trust, now })
  const record = (pair: Pairs['server']) => recordServerPair(store.revocations, pair, authorities.current)
  return createRotation({ files, certificates, authorities, custody, record, present, now, logger })
}
