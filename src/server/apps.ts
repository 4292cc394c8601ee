import type { Bus } from '../bus/bus.js'
import { HermesError } from '../errors.js'
import type { Store } from '../store/store.js'
import { PROTOCOL } from '../wire/limits.js'
import type { ServerConfiguration } from '../wire/well-known.js'
import type { AuthoritySet } from './certificates/authority-set.js'
import type { Pairs } from './certificates/rotation.js'
import { clientLimits } from './client-limits.js'
import { readAsyncApi, readErrors, readOpenApi, withHost, withServers } from './documents.js'
import { buildHubApp } from './hub/app.js'
import { buildIdentityApp } from './identity/app.js'
import { publicAuthority } from './identity/public-authority.js'
import type { Documents } from './identity/routes/documents.js'
import type { Installation } from './installation.js'
import { clientAuthorities, hubTls, identityTls, presentPair } from './listeners.js'
import { buildMetricsApp } from './metrics/metrics-app.js'
import { buildPkiApp } from './pki-app.js'
import { createRevocation } from './revocation.js'
import type { Urls } from './running.js'
import type { Services } from './services.js'
import { stapleOcsp } from './stapling.js'

export async function buildApps(installation: Installation, services: Services, urls: Urls) {
  const { config, certificates, store, logger, figures } = installation
  const { identities, administration, hub } = services
  const { staple, ...revocation } = createRevocation(installation)
  const authority = publicAuthority(installation.authorities)
  const documents = await readDocuments(urls)
  const readiness = createReadiness(store, services.bus)
  const listener = (name: keyof typeof figures.http) => ({
    config,
    logger: logger.child({ listener: name }),
    figures: figures.http[name],
  })
  const dependencies = {
    ...listener('identity'),
    identities,
    ...revocation,
    ocspAnswers: figures.identity.ocsp,
    authority,
    configuration: () => configurationOf(installation, urls),
    documents,
    ready: readiness.check,
  }
  const tls = { identity: identityTls(certificates), hub: hubTls(certificates) }
  const identityApp = buildIdentityApp(dependencies, tls.identity)
  stapleOcsp(identityApp.server, staple, dependencies.logger)
  const pkiApp = config.pkiHttpPort === null ? null : buildPkiApp({ ...dependencies, ...listener('pki') })
  const hubApp = await buildHubApp(
    { ...listener('hub'), config, hub, identities, administration, authority, wire: figures.wire },
    tls.hub,
  )
  figures.handshakes.identity.watch(identityApp.server)
  figures.handshakes.hub.watch(hubApp.server)
  let pairs: Pairs = certificates
  const present = (presented: Pairs) => {
    pairs = presented
    presentPair(identityApp, tls.identity, pairs.identityServer)
    presentPair(hubApp, tls.hub, pairs.server)
  }
  const trust = (set: AuthoritySet) => {
    tls.hub.ca = clientAuthorities(set)
    presentPair(hubApp, tls.hub, pairs.server)
  }
  const listeners = { identity: identityApp.server, hub: hubApp.server }
  const sources = { installation, services, listeners, ready: readiness.check, pairs: () => pairs }
  const metricsApp = buildMetricsApp(sources)
  return { identityApp, hubApp, pkiApp, metricsApp, drain: readiness.drain, present, trust }
}

async function readDocuments(urls: Urls): Promise<Documents> {
  const openapi = withServers(await readOpenApi())
  const asyncapi = withHost(await readAsyncApi())
  const errors = await readErrors()
  return { openapi: () => openapi(urls), asyncapi: () => asyncapi(urls), errors: () => errors }
}

/** Whether the server should get requests: not from the beginning of its end on, nor while the store fails. */
function createReadiness(store: Store, bus: Bus) {
  let isDraining = false
  return {
    drain: () => {
      isDraining = true
    },
    check: async () => {
      if (isDraining) throw new HermesError('draining')
      await store.check()
      return { away: bus.isAway ? (['nats'] as const) : [] }
    },
  }
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
