import { TLSSocket } from 'node:tls'
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler, preHandlerAsyncHookHandler } from 'fastify'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import type { Caller } from '../../hub/caller.js'
import type { Departures } from '../../hub/departures.js'
import { refusalOf, type StandingRefusal } from '../../hub/standing.js'
import { encodePem } from '../../pki/pem.js'
import type { IdentityStore } from '../../store/identity-store.js'
import type { IdentityRecord } from '../../store/records.js'
import { DeviceName } from '../../wire/formats.js'
import { EST_PATH } from '../est/ca-routes.js'
import { closeConnection } from '../http/close-connection.js'
import { SENTENCE_CHARACTERS } from '../http/error-handler.js'
import { OpenSockets } from './open-sockets.js'
import { type PeerCertificate, peerCertificate } from './peer-certificate.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes a certificate that ended not long ago. */
    readonly admitsExpired?: boolean
  }
  interface FastifyRequest {
    /** Who the client certificate proves the client to be; set by the guard of the hub listener. */
    caller: Caller | null
  }
}

export interface GuardOptions {
  readonly identities: IdentityStore
  readonly now: () => Date
  readonly departures: Pick<Departures, 'settle'>
  readonly policy: Pick<Config, 'allowedOrigins' | 'renewalGraceDays' | 'socketsPerUser'>
}

/** Refusals of the guard after which the connection closes: of the certificate, and of one socket too many. */
const CLOSING: ReadonlySet<number> = new Set([403, 429])

const DAY_MS = 24 * 3600 * 1000
const REMEDIES: Readonly<Partial<Record<StandingRefusal, string>>> = {
  certificate_revoked: 'The client certificate was revoked: get another by POST /recover of the identity service',
}
const UNKNOWN = 'This certificate was not issued here, or by an earlier installation: register again'

export interface Guard {
  /** Before all else, on every request. */
  readonly onRequest: onRequestAsyncHookHandler
  /** When the body is there, which may be long after: the certificate must still be good. */
  readonly preHandler: preHandlerAsyncHookHandler
}

/** What a refusal of the guard means: the request is not looked at, and the connection closes. */
export function createGuard({ identities, now, departures, policy }: GuardOptions): Guard {
  const sockets = new OpenSockets(policy.socketsPerUser)
  const read = async ({ routeOptions }: FastifyRequest, fingerprint: string) => {
    const graceMs = routeOptions.config?.admitsExpired ? policy.renewalGraceDays * DAY_MS : 0
    const record = goodRecord(await identities.findByFingerprint(fingerprint), now().getTime(), graceMs)
    // Of what he was a member of before a recovery he neither does nor hears anything more.
    if (record.user.departure) await departures.settle(record.user.id)
    return record
  }
  return {
    onRequest: closing(async (request) => {
      refuseOldTls(request)
      refuseOrigin(request, policy.allowedOrigins)
      const peer = peerCertificate(request.raw.socket)
      if (!peer) throw new HermesError('certificate_required', 'Connect with the certificate that register gave you')
      const record = await read(request, peer.fingerprint)
      sockets.admit(record.user.id, request.raw.socket)
      request.caller = callerOf(record, peer, deviceOf(request))
    }),
    preHandler: closing(async (request) => {
      const { method, caller } = request
      if (method === 'POST' && caller) await read(request, caller.actor.fingerprint)
    }),
  }
}

function closing(check: (request: FastifyRequest) => Promise<void>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    try {
      await check(request)
    } catch (error) {
      if (error instanceof HermesError && CLOSING.has(error.status)) closeConnection(reply)
      throw error
    }
  }
}

/** Conversations need TLS 1.3 (protocol.md table of listeners); some EST clients know no more than 1.2. */
function refuseOldTls({ raw, url }: FastifyRequest): void {
  const { socket } = raw
  if (!(socket instanceof TLSSocket) || socket.getProtocol() === 'TLSv1.3' || url.startsWith(`${EST_PATH}/`)) return
  throw new HermesError('invalid_request', `Connect with TLS 1.3: TLS 1.2 is for ${EST_PATH} alone`)
}

/** A browser sends its user's certificate for whatever page asks it to. */
function refuseOrigin({ headers }: FastifyRequest, allowed: readonly string[]): void {
  if (headers.origin === undefined || allowed.includes(headers.origin)) return
  const origin = headers.origin.slice(0, SENTENCE_CHARACTERS)
  throw new HermesError('origin_refused', `Origin ${origin} is not in HERMES_ALLOWED_ORIGINS`)
}

function goodRecord(record: IdentityRecord | null, at: number, graceMs: number): IdentityRecord {
  if (!record) throw new HermesError('certificate_unknown', UNKNOWN)
  const refusal = refusalOf(record, at)
  const mayPass = refusal === 'certificate_expired' && record.certificate.notAfter.getTime() + graceMs > at
  if (refusal && !mayPass) throw new HermesError(refusal, REMEDIES[refusal])
  return record
}

function deviceOf(request: FastifyRequest): string {
  const { device = 'default' } = request.query as { readonly device?: unknown }
  const parsed = DeviceName.safeParse(device)
  if (parsed.success) return parsed.data
  const message = parsed.error.issues[0]?.message ?? 'is not valid'
  throw new HermesError('invalid_request', `device: ${message}`, { errors: [{ path: 'device', message }] })
}

function callerOf(
  { user, certificate }: IdentityRecord,
  { der, fingerprint }: PeerCertificate,
  device: string,
): Caller {
  return {
    actor: { userId: user.id, username: user.username, fingerprint, device },
    certificatePem: encodePem('CERTIFICATE', der),
    certificateDer: der,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    role: user.role,
  }
}
