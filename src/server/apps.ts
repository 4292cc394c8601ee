import { HermesError } from '../errors.js'
import { PROTOCOL } from '../wire/limits.js'
import type { ServerConfiguration } from '../wire/well-known.js'
import type { AuthoritySet } from './certificates/authority-set.js'
import type { Pairs } from './certificates/rotation.js'
import { clientLimits } from './client-limits.js'
import { readOpenApi, withServers } from './documents.js'
import { buildHubApp } from './hub/app.js'
import { buildIdentityApp } from './identity/app.js'
import { publicAuthority } from './identity/public-authority.js'
import type { Installation } from './installation.js'
import { clientAuthorities, hubTls, identityTls, presentPair } from './listeners.js'
import { buildPkiApp } from './pki-app.js'
import { createRevocation } from './revocation.js'
import type { Urls } from './running.js'
import type { Services } from './services.js'
import { stapleOcsp } from './stapling.js'

export async function buildApps(installation: Installation, { identities, administration, hub }: Services, urls: Urls) {
  const { config, certificates, store, logger } = installation
  const { staple, ...revocation } = createRevocation(installation)
  const authority = publicAuthority(installation.authorities)
  const openapi = withServers(await readOpenApi())
  let isDraining = false
  const dependencies = {
    config,
    logger: logger.child({ listener: 'identity' }),
    identities,
    ...revocation,
    authority,
    configuration: () => configurationOf(installation, urls),
    documents: { openapi: () => openapi(urls) },
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
  const drain = () => {
    isDraining = true
  }
  let { server: shown } = certificates
  const present = ({ server, identityServer }: Pairs) => {
    shown = server
    presentPair(identityApp, tls.identity, identityServer)
    presentPair(hubApp, tls.hub, server)
  }
  const trust = (set: AuthoritySet) => {
    tls.hub.ca = clientAuthorities(set)
    presentPair(hubApp, tls.hub, shown)
  }
  return { identityApp, hubApp, pkiApp, drain, present, trust }
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
