import type { AuthoritySet } from './certificates/authority-set.js'
import { createRotation, type Pairs, type Rotating } from './certificates/rotation.js'
import { Custody } from './custody.js'
import type { Installation } from './installation.js'
import { isRevokedPair, recordServerPair } from './revocation.js'
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
): Rotating {
  const custody = new Custody({ files, authorities, store: store.authorities, standingChanged, changed: trust, now })
  const record = (pair: Pairs['server']) => recordServerPair(store.revocations, pair, authorities.current)
  const isRevoked = (pair: Pairs['server']) => isRevokedPair(store.revocations, pair, authorities.current, now())
  return createRotation({ files, certificates, authorities, custody, isRevoked, record, present, now, logger })
}
