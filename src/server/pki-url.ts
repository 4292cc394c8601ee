import { isIPv6 } from 'node:net'
import type { Config } from '../config.js'

type UrlConfig = Pick<
  Config,
  'hostnames' | 'pkiUrl' | 'pkiHttpPort' | 'identityUrl' | 'identityPort' | 'tlsCertFile' | 'tlsKeyFile'
>

/** Ports that are listened on; 0 where that is not known yet. */
export interface Ports {
  readonly identity: number
  /** Null without the plain-HTTP listener. */
  readonly pkiHttp: number | null
}

/** A URL of this server by the first of its names. */
export function urlOf({ hostnames }: Pick<Config, 'hostnames'>, port: number, protocol = 'https'): string {
  const host = hostnames[0] ?? 'localhost'
  return `${protocol}://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/**
 * Where CRLs, OCSP and issuers are found, as certificates say it: by default on the plain-HTTP listener, which more
 * verifiers know how to ask, else on the identity listener. Null while its port is not known.
 */
export function pkiUrlOf(config: UrlConfig, ports: Ports): string | null {
  if (config.pkiUrl !== null) return config.pkiUrl
  if (ports.pkiHttp !== null) return ports.pkiHttp === 0 ? null : urlOf(config, ports.pkiHttp, 'http')
  if (config.identityUrl !== null) return config.identityUrl
  return ports.identity === 0 ? null : urlOf(config, ports.identity)
}

/** The same before anything listens, for what is issued by then: null where the system picks the port. */
export function configuredPkiUrl(config: UrlConfig): string | null {
  return pkiUrlOf(config, { identity: config.identityPort, pkiHttp: config.pkiHttpPort })
}
