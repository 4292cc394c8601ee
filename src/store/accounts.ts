import { accountChanges, type LockRow } from './account-changes.js'
import { administrationChanges } from './administration-changes.js'
import { busKey } from './bus-key.js'
import type { MakeChange } from './changes/changes.js'
import { readInstallation, settle } from './installation.js'
import type { ModelWriter } from './model-writer.js'
import { administrationReads } from './reads/administration.js'
import { auditReads } from './reads/audit.js'
import { authorityReads } from './reads/authorities.js'
import { identityReads } from './reads/identities.js'
import { revocationReads } from './reads/revocations.js'
import { upkeepReads } from './reads/upkeep.js'
import type { RevocationStore } from './revocation-store.js'
import type { Store } from './store.js'
import { type Read, type Readers, row } from './work.js'

const LOCK = `
  SELECT "locks", "lockedUntil" FROM "LoginFailure"
  WHERE "username" = $1 AND "address" = $2 AND "lockedUntil" IS NOT NULL`

interface Engine {
  readonly readers: Readers
  readonly make: MakeChange
  readonly writer: ModelWriter
  readonly now: () => Date
  /** That of the machine that has the database; null where that is this one. */
  readonly readClock: () => Promise<Date | null>
}

/** What each engine has of its own. */
type OfEngine = 'log' | 'isShared' | 'check' | 'size' | 'close'

/** All that is stored beside the log of events, whatever the engine. */
export function accountStores({ readers, make, writer, now, readClock }: Engine): Omit<Store, OfEngine> {
  const { read } = readers
  return {
    identities: {
      ...identityReads(read),
      ...upkeepReads(read),
      ...accountChanges(make, now, ({ username, address }) => read(row<LockRow>(LOCK, username, address))),
    },
    administration: { ...administrationReads(readers), ...administrationChanges(make) },
    audit: auditReads(read),
    authorities: {
      ...authorityReads(read),
      settleAuthorities: (settlement) => make('settleAuthorities', settlement),
      retireAuthority: (retirement) => make('retireAuthority', retirement),
      revokeServerCertificates: (revocation) => make('revokeServerCertificates', revocation),
    },
    clock: {
      read: readClock,
      look: (look) => make('lookAtClock', look),
      confirm: (confirmation) => make('confirmClock', confirmation),
    },
    revocations: revocations(read, make, writer),
    installation: () => readInstallation(read),
    settle: (installation) => settle(read, writer, installation),
    busKey: () => busKey(read, writer),
  }
}

function revocations(read: Read, make: MakeChange, writer: ModelWriter): RevocationStore {
  const reads = revocationReads(read)
  return {
    ...reads,
    recordCrl: (issuer, crl) => make('recordCrl', { issuer, ...crl }),
    async recordServerCertificate({ issuer, serialNumber, fingerprint, notBefore, notAfter }) {
      if ((await reads.findStatus(issuer, serialNumber, notBefore)) !== null) return
      const create = { issuer, serialNumber, fingerprint, notBefore, notAfter }
      await writer.write(({ serverCertificate }) =>
        serverCertificate.upsert({ where: { serialNumber }, create, update: {} }),
      )
    },
  }
}
