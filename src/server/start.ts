import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { openStore } from '../store/open.js'
import type { Quotas } from '../store/quotas.js'
import type { Store } from '../store/store.js'
import { type Certificates, openCertificates } from './certificate-files.js'
import { readKnownRevocations } from './certificates/known-revocations.js'
import { listen } from './listen.js'
import { Figures } from './metrics/figures.js'
import { poolLimits } from './pool-limits.js'
import type { Running } from './running.js'
import { certificateFiles, settleCertificates } from './settle-certificates.js'
import { refuseNatsAlone } from './start-refusals.js'
import { warnOfNewDatabase, warnOfOthers, warnOfRootCrl } from './start-warnings.js'
import { requireSameTrustDomain, trustDomainOf } from './trust-domain.js'

export interface StartOptions {
  readonly logger: Logger
  readonly now?: () => Date
  /** How long the server's own certificate is good; for tests. */
  readonly serverLifeMs?: number
}

/** Starts both listeners over one store and one authority. Throws HermesError with one line for the operator. */
export async function start(config: Config, options: StartOptions): Promise<Running> {
  const { logger, now = () => new Date() } = options
  refuseNatsAlone(config)
  const files = certificateFiles(config, options.serverLifeMs)
  const figures = new Figures()
  await warnOfOthers(config, logger)
  const store = await openStore({
    url: config.databaseUrl,
    limits: poolLimits(config),
    quotas: quotasOf(config),
    now,
    logger,
    meter: figures.store,
  })
  try {
    const isNew = (await store.installation()) === null
    // A database whose CA is missing must not be given another.
    const known = await readKnownRevocations(store.authorities)
    const certificates = await openCertificates({ ...files, now: now(), mayCreate: isNew, known })
    if (isNew && !certificates.created) warnOfNewDatabase(config, logger)
    if (certificates.rootCrlDue) warnOfRootCrl(config, logger)
    const trustDomain = await settle(config, store, certificates)
    const settled = await settleCertificates(store, files, certificates, now())
    const busKey = config.natsUrl === null ? null : await store.busKey()
    return await listen({ config, store, files, ...settled, trustDomain, busKey, logger, figures, now })
  } catch (error) {
    await store.close()
    throw error
  }
}

function quotasOf(config: Config): Quotas {
  const { startsPerHour, openInvitationsMax, openInvitationsToOneMax, membershipsMax, storedBytesMax } = config
  return { startsPerHour, openInvitationsMax, openInvitationsToOneMax, membershipsMax, storedBytesMax }
}

async function settle(config: Config, store: Store, { root }: Certificates): Promise<string> {
  const trustDomain = trustDomainOf(config, root.fingerprint)
  const installation = await store.settle({ rootFingerprint: root.fingerprint, trustDomain })
  requireSameTrustDomain(trustDomain, installation.trustDomain)
  return trustDomain
}
