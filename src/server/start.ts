import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { Quotas } from '../store/quotas.js'
import { openSqliteStore } from '../store/sqlite/open.js'
import type { Store } from '../store/store.js'
import { type Certificates, openCertificates } from './certificate-files.js'
import type { Installation } from './installation.js'
import { listen } from './listen.js'
import { configuredPkiUrl } from './pki-url.js'
import { recordServerPair } from './revocation.js'
import type { Running } from './running.js'
import { warnOfNewDatabase, warnOfRootCrl } from './start-warnings.js'
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
  const files = certificateFiles(config, options)
  const store = await openSqliteStore({
    url: config.databaseUrl,
    quotas: quotasOf(config),
    now,
    logger,
    exclusive: true,
  })
  try {
    const isNew = (await store.installation()) === null
    // A database whose CA is missing must not be given another.
    const certificates = await openCertificates({ ...files, now: now(), mayCreate: isNew })
    if (isNew && !certificates.created) warnOfNewDatabase(config, logger)
    if (certificates.rootCrlDue) warnOfRootCrl(config, logger)
    const trustDomain = await settle(config, store, certificates)
    await recordServerPair(store.revocations, certificates.server)
    return await listen({ config, store, files, certificates, trustDomain, logger, now })
  } catch (error) {
    await store.close()
    throw error
  }
}

function quotasOf(config: Config): Quotas {
  const { startsPerHour, openInvitationsMax, openInvitationsToOneMax, membershipsMax, storedBytesMax } = config
  return { startsPerHour, openInvitationsMax, openInvitationsToOneMax, membershipsMax, storedBytesMax }
}

function certificateFiles(config: Config, { serverLifeMs }: StartOptions): Installation['files'] {
  const { hostnames, certsDir: directory, caPassphraseFile: passphraseFile, tlsCertFile, tlsKeyFile } = config
  const pkiUrl = configuredPkiUrl(config)
  return { directory, hostnames, passphraseFile, tlsCertFile, tlsKeyFile, pkiUrl, serverLifeMs }
}

async function settle(config: Config, store: Store, { root }: Certificates): Promise<string> {
  const trustDomain = trustDomainOf(config, root.fingerprint)
  const installation = await store.settle({ rootFingerprint: root.fingerprint, trustDomain })
  requireSameTrustDomain(trustDomain, installation.trustDomain)
  return trustDomain
}
