import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { isPostgres, postgresAddress } from '../store/postgres/address.js'

/** Not refused: a first start that was interrupted between the two leaves the same. */
export function warnOfNewDatabase({ certsDir, databaseUrl }: Config, logger: Logger): void {
  const database = isPostgres(databaseUrl) ? postgresAddress(databaseUrl).name : databaseUrl
  const sentence =
    `The database ${database} is new, but the CA in ${certsDir} is not: ` +
    'names that were registered under this CA before can be registered anew by others. ' +
    'Unless the first start was interrupted, stop and restore the database that goes with the CA'
  logger.warn({ database, certificates: certsDir }, sentence)
}

export function warnOfRootCrl({ certsDir }: Config, logger: Logger): void {
  const sentence =
    'The CRL of the root is missing or past two thirds of its year, and the key of the root is not here: ' +
    'make it where the key is (hermes admin root-crl), and copy root-ca.crl here'
  logger.warn({ certificates: certsDir }, sentence)
}
