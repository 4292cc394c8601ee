import type { FastifyRequest } from 'fastify'
import { HermesError } from '../../errors.js'
import { Username } from '../../wire/formats.js'

const CHALLENGE = 'Basic realm="Hermes", charset="UTF-8"'
/** [RFC 7617 2]: the scheme in any case, one space or more, and base64. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/** What a 401 must say [RFC 9110 11.6.1]. */
export const CHALLENGE_HEADER = ['www-authenticate', CHALLENGE] as const

/** Username and password of HTTP Basic [RFC 7617]; throws `invalid_credentials` where there are none. */
export function basicCredentials({ headers }: FastifyRequest): {
  readonly username: string
  readonly password: string
} {
  const [, base64] = BASIC.exec(headers.authorization ?? '') ?? []
  if (base64 === undefined)
    throw new HermesError('invalid_credentials', 'Send username and password with HTTP Basic (RFC 7617)')
  const text = decode(Buffer.from(base64, 'base64'))
  const colon = text.indexOf(':')
  const username = Username.safeParse(text.slice(0, Math.max(colon, 0)))
  if (username.success) return { username: username.data, password: text.slice(colon + 1) }
  const message = username.error.issues[0]?.message ?? 'is not valid'
  throw new HermesError('invalid_request', `username: ${message}`, { errors: [{ path: 'username', message }] })
}

function decode(bytes: Buffer): string {
  try {
    // A byte order mark is no part of a name, nor is it dropped.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new HermesError('invalid_request', 'The credentials of HTTP Basic must be UTF-8', { cause })
  }
}
