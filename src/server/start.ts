import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { HermesError } from '../errors.js'
import type { Quotas } from '../store/quotas.js'
import { openSqliteStore } from '../store/sqlite/open.js'
import type { Store } from '../store/store.js'
import { PROTOCOL } from '../wire/limits.js'
import type { ServerConfiguration } from '../wire/well-known.js'
import { createAccountRounds } from './account-rounds.js'
import { buildAdministrationApp } from './admin/app.js'
import { listenPrivately } from './admin/socket.js'
import { socketPath } from './admin/socket-address.js'
import { bind } from './bind.js'
import { type CertificateOptions, type Certificates, openCertificates } from './certificate-files.js'
import { createRotation, type Pairs } from './certificates/rotation.js'
import { clientLimits } from './client-limits.js'
import { readOpenApi, withServers } from './documents.js'
import { buildHubApp } from './hub/app.js'
import { buildIdentityApp } from './identity/app.js'
import { hubTls, identityTls, presentPair } from './listeners.js'
import { buildPkiApp } from './pki-app.js'
import { configuredPkiUrl, pkiUrlOf, urlOf } from './pki-url.js'
import { createRetention } from './retention.js'
import { createRevocation, recordServerPair } from './revocation.js'
import type { Rounds } from './rounds.js'
import { createServices, type Services } from './services.js'
import { stapleOcsp } from './stapling.js'
import { warnOfNewDatabase, warnOfRootCrl } from './start-warnings.js'
import { requireSameTrustDomain, trustDomainOf } from './trust-domain.js'

export interface StartOptions {
  readonly logger: Logger
  readonly now?: () => Date
  /** How long the server's own certificate is good; for tests. */
  readonly serverLifeMs?: number
}

export interface Running {
  readonly identityUrl: string
  readonly hubUrl: string
  /** Where CRLs, OCSP and issuers are found, as users' certificates say. */
  readonly pkiUrl: string
  readonly rootFingerprint: string
  readonly trustDomain: string
  /** Whether this start made the certificate authority. */
  readonly created: boolean
  /** For those who change certificates or accounts in the store from outside: ends live connections as need be. */
  standingChanged(userId: number): void
  /** Refuses new work, tells clients to come back, stores what was accepted, and ends. */
  close(): Promise<void>
}

interface Installation {
  readonly config: Config
  readonly store: Store
  readonly files: Omit<CertificateOptions, 'now'>
  readonly certificates: Certificates
  readonly trustDomain: string
  readonly logger: Logger
  readonly now: () => Date
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

async function listen(installation: Installation): Promise<Running> {
  const { config, store, certificates, trustDomain } = installation
  let pkiUrl = configuredPkiUrl(config)
  const services = createServices({ ...installation, pkiUrl: () => pkiUrl })
  const urls = { identityUrl: '', hubUrl: '' }
  const { identityApp, hubApp, pkiApp, administrationApp, drain, present } = await buildApps(
    installation,
    services,
    urls,
  )
  const rounds = roundsOf(installation, services, present)
  const apps = [hubApp, identityApp, administrationApp, ...(pkiApp === null ? [] : [pkiApp])]
  const close = closing(store, services, rounds, apps, drain)
  try {
    const pkiHttp = pkiApp && (await bind(pkiApp, config.host, config.pkiHttpPort ?? 0, 'HERMES_PKI_HTTP_PORT'))
    const identity = await bind(identityApp, config.host, config.identityPort, 'HERMES_IDENTITY_PORT')
    pkiUrl = pkiUrlOf(config, { identity, pkiHttp })
    const hubPort = await bind(hubApp, config.host, config.hubPort, 'HERMES_HUB_PORT')
    await listenPrivately(administrationApp, socketPath(config.databaseUrl))
    urls.identityUrl = config.identityUrl ?? urlOf(config, identity)
    urls.hubUrl = config.hubUrl ?? urlOf(config, hubPort)
  } catch (error) {
    await Promise.all([...apps.map((app) => app.close()), services.identities.close()])
    throw error
  }
  for (const each of rounds) each.start()
  const { fingerprint: rootFingerprint } = certificates.root
  return {
    ...urls,
    pkiUrl: pkiUrl ?? urls.identityUrl,
    rootFingerprint,
    trustDomain,
    created: certificates.created,
    standingChanged: services.standingChanged,
    close,
  }
}

/** What time alone brings about, but for the sessions of the hub. */
function roundsOf(
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

type Urls = Pick<Running, 'identityUrl' | 'hubUrl'>

async function buildApps(installation: Installation, { identities, administration, hub }: Services, urls: Urls) {
  const { config, certificates, store, logger } = installation
  const { root, users, servers } = certificates
  const { staple, ...revocation } = createRevocation(installation)
  const authority = { root, users, servers, issuers: [users.certificatePem, servers.certificatePem] }
  const openapi = await readOpenApi()
  let isDraining = false
  const dependencies = {
    config,
    logger: logger.child({ listener: 'identity' }),
    identities,
    ...revocation,
    authority,
    configuration: () => configurationOf(installation, urls),
    documents: { openapi: () => withServers(openapi, urls.identityUrl, urls.hubUrl) },
    ready: async () => {
      if (isDraining) throw new HermesError('draining')
      await store.check()
    },
  }
  const tls = { identity: identityTls(certificates), hub: hubTls(certificates) }
  const identityApp = buildIdentityApp(dependencies, tls.identity)
  stapleOcsp(identityApp.server, staple, dependencies.logger)
  const pkiApp =
    config.pkiHttpPort === null ? null : buildPkiApp({ ...dependencies, logger: logger.child({ listener: 'pki' }) })
  const hubApp = await buildHubApp(
    { config, hub, identities, administration, authority, logger: logger.child({ listener: 'hub' }) },
    tls.hub,
  )
  const administrationLogger = logger.child({ listener: 'administration' })
  const administrationApp = buildAdministrationApp({ config, administration, logger: administrationLogger })
  const drain = () => {
    isDraining = true
  }
  const present = ({ server, identityServer }: Pairs) => {
    presentPair(identityApp, tls.identity, identityServer)
    presentPair(hubApp, tls.hub, server)
  }
  return { identityApp, hubApp, pkiApp, administrationApp, drain, present }
}

function configurationOf({ config, certificates, trustDomain }: Installation, urls: Urls): ServerConfiguration {
  const { escrowSha256Iterations: sha256Iterations, escrowSha512Iterations: sha512Iterations } = config
  return {
    protocol: PROTOCOL,
    ...urls,
    rootFingerprint: certificates.root.fingerprint,
    trustDomain,
    limits: clientLimits(config),
    escrowPolicy: { sha256Iterations, sha512Iterations },
  }
}

/** The hub first in the list, so that its clients hear of it; the store last, so that nothing accepted is lost. */
function closing(
  store: Store,
  services: Services,
  rounds: readonly Rounds[],
  [hubApp, ...others]: readonly FastifyInstance[],
  drain: () => void,
) {
  const end = async () => {
    drain()
    await hubApp?.close()
    services.hub.stop()
    await Promise.all(others.map((app) => app.close()))
    await services.identities.close()
    await Promise.all(rounds.map((each) => each.stop()))
    await store.close()
  }
  let ending: Promise<void> | null = null
  return () => {
    ending ??= end()
    return ending
  }
}
