import { authorities, authorityEnds, rootCrl, rootKey, serverCertificate } from './checks/certificates.js'
import { databaseChecks } from './checks/database.js'
import { certificatesFolder, databasePlace, privateKeys } from './checks/files.js'
import { generations } from './checks/generations.js'
import { clock, configuration, diskSpace, nodeVersion, ports } from './checks/system.js'
import type { Check, Facts } from './facts.js'

/** Everything that is looked at, in the order in which it is told. */
export function examine(facts: Facts): readonly Check[] {
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
    clock(facts),
    diskSpace(facts),
    ports(facts),
  ]
}
