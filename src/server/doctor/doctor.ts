import { absence } from './checks/absence.js'
import { authorities, authorityEnds, rootCrl, rootKey, serverCertificate } from './checks/certificates.js'
import { databaseChecks } from './checks/database.js'
import { certificatesFolder, databasePlace, privateKeys } from './checks/files.js'
import { generations } from './checks/generations.js'
import { nats } from './checks/nats.js'
import { clock, configuration, diskSpace, nodeVersion, ports } from './checks/system.js'
import type { Check, Facts } from './facts.js'

/** Everything that is looked at, in the order in which it is told; little, where there is no installation. */
export function examine(facts: Facts): readonly Check[] {
  const absent = absence(facts)
  if (absent !== null) return [absent, configuration(facts), nodeVersion(facts), clock(facts), ports(facts)]
  return [
    configuration(facts),
    nodeVersion(facts),
    certificatesFolder(facts),
    privateKeys(facts),
    authorities(facts),
    ...generations(facts),
    ...authorityEnds(facts),
    serverCertificate(facts),
    rootCrl(facts),
    rootKey(facts),
    databasePlace(facts),
    ...databaseChecks(facts),
    ...nats(facts),
    clock(facts),
    diskSpace(facts),
    ports(facts),
  ]
}
