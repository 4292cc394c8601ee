import { HermesError } from '../errors.js'
import { PROTOCOL } from '../wire/limits.js'
import type { ServerConfiguration } from '../wire/well-known.js'
import { buildAdministrationApp } from './admin/app.js'
import type { Pairs } from './certificates/rotation.js'
import { clientLimits } from './client-limits.js'
import { readOpenApi, withServers } from './documents.js'
import { buildHubApp } from './hub/app.js'
import { buildIdentityApp } from './identity/app.js'
import type { Installation } from './installation.js'
import { hubTls, identityTls, presentPair } from './listeners.js'
import { buildPkiApp } from './pki-app.js'
import { createRevocation } from './revocation.js'
import type { Urls } from './running.js'
import type { Services } from './services.js'
import { stapleOcsp } from './stapling.js'

export async function buildApps(installation: Installation, { identities, administration, hub }: Services, urls: Urls) {
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
