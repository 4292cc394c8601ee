import { pino } from 'pino'
import { stringify } from 'yaml'
import { loadConfig } from '../config.js'
import type { Hub } from '../hub/hub.js'
import type { Administration } from '../identity/admin/administration.js'
import type { IdentityService } from '../identity/identity-service.js'
import { createHierarchy } from '../pki/hierarchy.js'
import { buildHubApp } from './hub/app.js'
import { buildIdentityApp, type IdentityAppDependencies } from './identity/app.js'
import { openApiDocument } from './openapi.js'

/** openapi.yaml as text, from the routes themselves. */
export async function generateOpenApi(): Promise<string> {
  const config = loadConfig({})
  const logger = pino({ level: 'silent' })
  const dependencies = {
    config,
    logger,
    authority: { root: createHierarchy({ now: new Date() }).root, certificateOf: () => null, issuers: () => [] },
  }
  // Routes are described without being called: the services behind them are never reached.
  const identityApp = buildIdentityApp({ ...dependencies, documents: {} } as unknown as IdentityAppDependencies, null)
  const hubApp = await buildHubApp(
    {
      ...dependencies,
      identities: {} as IdentityService,
      administration: {} as Administration,
      hub: { services: { delivery: { sessions: [] } } } as unknown as Hub,
    },
    null,
  )
  try {
    await Promise.all([identityApp.ready(), hubApp.ready()])
    const document = openApiDocument([
      {
        app: identityApp,
        server: { url: 'https://localhost:8443', description: 'The identity listener.' },
        isMutualTls: false,
      },
      {
        app: hubApp,
        server: { url: 'https://localhost:9443', description: 'The hub listener: connect with a client certificate.' },
        isMutualTls: true,
      },
    ])
    return stringify(document, { lineWidth: 120, aliasDuplicateObjects: false })
  } finally {
    await Promise.all([identityApp.close(), hubApp.close()])
  }
}
