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

/** Before this process opens the database itself. */
export async function warnOfOthers({ natsUrl, databaseUrl }: Config, logger: Logger): Promise<void> {
  if (natsUrl !== null || !isPostgres(databaseUrl)) return
  const { isUsedPostgres } = await import('../store/postgres/transfer.js')
  if (!(await isUsedPostgres(databaseUrl))) return
  const database = postgresAddress(databaseUrl).name
  const sentence =
    `Another process of Hermes has the database ${database} open, and this one has no HERMES_NATS_URL: if it is a node, ` +
    'news from one to the other take up to HERMES_POLL_SECONDS, and a device may be connected to both. ' +
    'Give every node the same HERMES_NATS_URL'
  logger.warn({ database }, sentence)
}

export function warnOfRootCrl({ certsDir }: Config, logger: Logger): void {
  const sentence =
    'The CRL of the root is missing or past two thirds of its year, and the key of the root is not here: ' +
    'make it where the key is (hermes admin root-crl), and copy root-ca.crl here'
  logger.warn({ certificates: certsDir }, sentence)
}
