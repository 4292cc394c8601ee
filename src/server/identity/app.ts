import type { ServerOptions } from 'node:https'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { IdentityService } from '../../identity/identity-service.js'
import type { OcspResponder } from '../../identity/revocation/ocsp-responder.js'
import type { ServerConfiguration } from '../../wire/well-known.js'
import { caRoutes } from '../est/ca-routes.js'
import { simpleEnrollRoute } from '../est/simple-enroll.js'
import { acceptForms } from '../http/form-body.js'
import { buildHttpApp, type HttpAppOptions } from '../http/http-app.js'
import swagger from '../http/swagger.js'
import type { HttpFigures } from '../metrics/http-figures.js'
import type { Tally } from '../metrics/tally.js'
import { serveAuthority } from '../pki-app.js'
import { NoQuery } from './media-types.js'
import type { PublicAuthority } from './public-authority.js'
import { changePasswordRoute } from './routes/change-password.js'
import type { CrlSources } from './routes/crl.js'
import { deleteAccountRoute } from './routes/delete-account.js'
import { type Documents, documentsRoutes } from './routes/documents.js'
import { escrowRoute } from './routes/escrow.js'
import { fetchRoute } from './routes/fetch.js'
import { fetchMyRoute } from './routes/fetch-my.js'
import { healthRoutes, type Ready } from './routes/health.js'
import { recoverRoute } from './routes/recover.js'
import { registerRoute } from './routes/register.js'
import { revokeRoute } from './routes/revoke.js'
import { wellKnownRoute } from './routes/well-known.js'

export interface IdentityAppDependencies {
  readonly config: HttpAppOptions['config'] & { readonly ocspRequestBytes: number; readonly identityBodyBytes: number }
  readonly logger: Logger
  readonly identities: IdentityService
  readonly authority: PublicAuthority
  readonly crls: CrlSources
  readonly ocsp: OcspResponder
  readonly figures?: HttpFigures
  /** Counts OCSP answers by their status. */
  readonly ocspAnswers?: Tally
  readonly configuration: () => ServerConfiguration
  readonly documents: Documents
  /** Rejects, with `unavailable` or `draining`, when the server should get no requests. */
  readonly ready: Ready
}

const DESCRIPTION = {
  title: 'Hermes identity service',
  version: '1',
  description: 'Registers users, issues their certificates, and gives them out.',
  servers: [{ url: 'https://localhost:8443', description: 'The identity listener.' }],
  tags: [
    { name: 'Identity', description: 'Users and their certificates.' },
    { name: 'Account', description: 'The life of a certificate and of an account, as its owner decides.' },
    { name: 'Certificate authority', description: 'The public half of the CA.' },
    { name: 'EST', description: 'Enrollment over Secure Transport, for programs that know it (RFC 7030, RFC 8951).' },
    { name: 'Service', description: 'The server itself.' },
  ],
}

/** The identity listener: REST over TLS without client certificates; never listens. `https` null: for tests. */
export function buildIdentityApp(dependencies: IdentityAppDependencies, https: ServerOptions | null): FastifyInstance {
  const { config, logger, figures, identities, authority, configuration, documents, ready } = dependencies
  const app = buildHttpApp({
    config: { ...config, bodyBytes: config.identityBodyBytes },
    bodyVariable: 'HERMES_IDENTITY_BODY_BYTES',
    logger,
    https,
    ...(figures && { figures }),
  })
  acceptForms(app)
  app.register(swagger, DESCRIPTION)
  app.register(registerRoute, { identities })
  app.register(fetchRoute, { identities })
  app.register(fetchMyRoute, { identities })
  app.register(changePasswordRoute, { identities })
  app.register(escrowRoute, { identities })
  app.register(recoverRoute, { identities })
  app.register(revokeRoute, { identities })
  app.register(deleteAccountRoute, { identities })
  serveAuthority(app, dependencies)
  app.register(caRoutes, { authority, querystring: NoQuery, errors: ['method_not_allowed'] })
  app.register(simpleEnrollRoute, { identities })
  app.register(wellKnownRoute, { configuration })
  app.register(healthRoutes, { ready })
  app.register(documentsRoutes, { documents })
  return app
}
