import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { OcspResponder } from '../identity/revocation/ocsp-responder.js'
import { buildHttpApp, type HttpAppOptions } from './http/http-app.js'
import type { PublicAuthority } from './identity/public-authority.js'
import { authoritiesRoutes } from './identity/routes/authorities.js'
import { type CrlSources, crlRoutes } from './identity/routes/crl.js'
import { ocspRoutes } from './identity/routes/ocsp.js'
import type { HttpFigures } from './metrics/http-figures.js'
import { Tally } from './metrics/tally.js'

export interface PkiAppDependencies {
  readonly config: HttpAppOptions['config'] & { readonly ocspRequestBytes: number }
  readonly logger: Logger
  readonly authority: PublicAuthority
  readonly crls: CrlSources
  readonly ocsp: OcspResponder
  readonly figures?: HttpFigures
  /** Counts OCSP answers by their status. */
  readonly ocspAnswers?: Tally
}

/** What a relying party fetches of a CA, on the listener of `app`. */
export function serveAuthority(
  app: FastifyInstance,
  { config, authority, crls, ocsp, ocspAnswers = new Tally() }: PkiAppDependencies,
): void {
  app.register(authoritiesRoutes, { authority })
  app.register(crlRoutes, { crls })
  app.register(ocspRoutes, { ocsp, requestBytes: config.ocspRequestBytes, ocspAnswers })
}

/**
 * The plain-HTTP listener: CRL, OCSP and issuers alone, all of which are signed. Several verifiers know no https here,
 * and it could not be verified before what it serves is at hand.
 */
export function buildPkiApp(dependencies: PkiAppDependencies): FastifyInstance {
  const app = buildHttpApp({ ...dependencies, https: null })
  serveAuthority(app, dependencies)
  return app
}
