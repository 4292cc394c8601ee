import { readFileSync } from 'node:fs'
import type { PoolConfig } from 'pg'
import { HermesError } from '../../errors.js'

/** Where a PostgreSQL database is. */
export interface Address {
  /** Without user and password, for people and logs. */
  readonly name: string
  readonly config: Pick<PoolConfig, 'host' | 'port' | 'user' | 'password' | 'database' | 'ssl' | 'options'>
}

const PARAMETERS = ['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options']
const DEFAULT_PORT = 5432

/**
 * What `postgresql://user:password@host:port/database?sslmode=verify-full&sslrootcert=root.pem` says; `host` as a
 * parameter names the folder of a Unix socket. Throws `invalid_request` where it does not say whether to trust the way.
 */
export function postgresAddress(text: string): Address {
  const url = parse(text)
  const host = url.searchParams.get('host') ?? url.hostname.replace(/^\[(.*)\]$/, '$1')
  const database = decoded(url.pathname.slice(1))
  if (host === '' || database === '') throw refusal('names no host or no database')
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port)
  const options = url.searchParams.get('options')
  return {
    name: nameOf(host, port, database),
    config: {
      host,
      port,
      database,
      ...(url.username !== '' && { user: decoded(url.username) }),
      ...(url.password !== '' && { password: decoded(url.password) }),
      ...(options !== null && { options }),
      ssl: tlsOf(url.searchParams, isNear(host)),
    },
  }
}

function nameOf(host: string, port: number, database: string): string {
  if (host.startsWith('/')) return `postgresql:///${database}?host=${host}`
  return `postgresql://${host.includes(':') ? `[${host}]` : host}:${port}/${database}`
}

function parse(text: string): URL {
  if (!isPostgres(text) || !URL.canParse(text)) throw refusal('is no URL of PostgreSQL')
  const url = new URL(text)
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined) throw refusal(`has the parameter ${unknown}; these are known: ${PARAMETERS.join(', ')}`)
  const repeated = [...url.searchParams.keys()].find((name) => url.searchParams.getAll(name).length > 1)
  if (repeated !== undefined) throw refusal(`has the parameter ${repeated} more than once`)
  return url
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw refusal('has a % that begins no escape; write it as %25', cause)
  }
}

/** Whether a database's URL is for this store. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url)

/** What does not leave this machine needs no TLS. */
export const isNear = (host: string): boolean =>
  host.startsWith('/') || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)

function tlsOf(parameters: URLSearchParams, near: boolean): PoolConfig['ssl'] {
  const mode = parameters.get('sslmode') ?? (near ? 'disable' : null)
  if (mode === 'disable') return false
  if (mode !== 'verify-full')
    throw refusal('must say sslmode=verify-full (with sslrootcert=FILE for a CA of your own), or sslmode=disable')
  return {
    rejectUnauthorized: true,
    ...fileOf(parameters, 'sslrootcert', 'ca'),
    ...fileOf(parameters, 'sslcert', 'cert'),
    ...fileOf(parameters, 'sslkey', 'key'),
  }
}

function fileOf(parameters: URLSearchParams, parameter: string, name: string): Readonly<Record<string, string>> {
  const path = parameters.get(parameter)
  if (path === null) return {}
  try {
    return { [name]: readFileSync(path, 'utf8') }
  } catch (cause) {
    throw refusal(`names ${path} for ${parameter}, which cannot be read`, cause)
  }
}

function refusal(what: string, cause?: unknown): HermesError {
  return new HermesError('invalid_request', `HERMES_DATABASE_URL ${what}`, cause === undefined ? {} : { cause })
}
