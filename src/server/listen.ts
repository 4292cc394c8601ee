import { buildAdministrationApp } from './admin/app.js'
import { listenPrivately } from './admin/socket.js'
import { socketPath } from './admin/socket-address.js'
import { buildApps } from './apps.js'
import { bind } from './bind.js'
import { createClosing } from './closing.js'
import type { Installation } from './installation.js'
import { createKeeping } from './keeping.js'
import { listenForMetrics } from './metrics/listen-for-metrics.js'
import { createPeriodicTasks } from './periodic-tasks.js'
import { configuredPkiUrl, pkiUrlOf, urlOf } from './pki-url.js'
import type { Running } from './running.js'
import { createServices } from './services.js'

export async function listen(installation: Installation): Promise<Running> {
  const { config, store, certificates, trustDomain, now } = installation
  let pkiUrl = configuredPkiUrl(config)
  const services = createServices({
    ...installation,
    pkiUrl: () => pkiUrl,
    serverRevoked: () => void keeping.look(),
  })
  const urls = { identityUrl: '', hubUrl: '' }
  const { identityApp, hubApp, pkiApp, metricsApp, drain, ...shown } = await buildApps(installation, services, urls)
  const keeping = createKeeping(installation, services, shown)
  const administrationApp = buildAdministrationApp({
    config,
    administration: services.administration,
    authorities: keeping,
    clock: store.clock,
    now,
    logger: installation.logger.child({ listener: 'administration' }),
    figures: installation.figures.http.administration,
  })
  const rounds = [...createPeriodicTasks(installation, services), keeping]
  const apps = [hubApp, identityApp, administrationApp, pkiApp, metricsApp].filter((app) => app !== null)
  let metricsUrl: string | null = null
  const close = createClosing(store, services, rounds, apps, drain)
  try {
    const pkiHttp = pkiApp && (await bind(pkiApp, config.host, config.pkiHttpPort ?? 0, 'HERMES_PKI_HTTP_PORT'))
    const identity = await bind(identityApp, config.host, config.identityPort, 'HERMES_IDENTITY_PORT')
    pkiUrl = pkiUrlOf(config, { identity, pkiHttp })
    const hubPort = await bind(hubApp, config.host, config.hubPort, 'HERMES_HUB_PORT')
    if (metricsApp !== null) metricsUrl = await listenForMetrics(metricsApp, config)
    await listenPrivately(administrationApp, socketPath(config))
    urls.identityUrl = config.identityUrl ?? urlOf(config, identity)
    urls.hubUrl = config.hubUrl ?? urlOf(config, hubPort)
  } catch (error) {
    await Promise.all([...apps.map((app) => app.close()), services.identities.close(), services.bus.close()])
    throw error
  }
  for (const each of rounds) each.start()
  const { fingerprint: rootFingerprint } = certificates.root
  return {
    ...urls,
    pkiUrl: pkiUrl ?? urls.identityUrl,
    metricsUrl,
    rootFingerprint,
    trustDomain,
    created: certificates.created,
    close,
  }
}
