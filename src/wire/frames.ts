import { z } from 'zod'
import { ConversationEvent, Gap, Party } from './events.js'
import { ContentType, ConversationId, DeviceName, Fingerprint, payload, Timestamp, Username } from './formats.js'
import { SIGNAL_BYTES } from './limits.js'

/** Limits a client should know, as `hello` and `/.well-known/hermes` tell them. Units are in the names. */
export const ClientLimits = z
  .object({
    frameBytes: z.int().min(1),
    payloadBytes: z.int().min(1),
    signalBytes: z.int().min(1),
    windowEvents: z.int().min(1),
    windowBytes: z.int().min(1),
    membersMax: z.int().min(1),
    requestsPerSecond: z.int().min(0).meta({ description: 'For each user; 0 means no limit.' }),
    requestsBurst: z.int().min(1),
  })
  .meta({
    id: 'ClientLimits',
    example: {
      frameBytes: 524_288,
      payloadBytes: 65_536,
      signalBytes: 8192,
      windowEvents: 256,
      windowBytes: 1_048_576,
      membersMax: 512,
      requestsPerSecond: 60,
      requestsBurst: 120,
    },
  })
export type ClientLimits = z.infer<typeof ClientLimits>

export const HelloParams = z
  .object({
    user: Username,
    device: DeviceName,
    session: z.uuid().meta({
      description: 'This connection.',
      example: '5f0f1f6e-93a3-4c1c-8a3f-0d2f5c1b7a10',
    }),
    certificate: z.object({ fingerprint: Fingerprint, notAfter: Timestamp }),
    serverTime: Timestamp,
    protocol: z.string().meta({ example: 'hermes.v1' }),
    heartbeatSeconds: z.number().meta({ description: 'The server pings so often.', example: 30 }),
    limits: ClientLimits,
  })
  .meta({ id: 'Hello', description: 'The first frame of a connection: who this is for the hub, and its limits.' })
export type HelloParams = z.infer<typeof HelloParams>

export const SignalNotification = z
  .object({
    conversation: ConversationId,
    from: Party.extend({ device: DeviceName.optional() }),
    at: Timestamp,
    payload: payload(SIGNAL_BYTES),
    contentType: ContentType.optional(),
  })
  .meta({ id: 'Signal', description: 'A `signal` of another connection. Never stored.' })

const Synced = z
  .object({})
  .meta({ id: 'Synced', description: 'What this device had not acknowledged has all been pushed; new events follow.' })

const Draining = z.object({ reconnectAfterMs: z.int().min(0).meta({ example: 1000 }) }).meta({
  id: 'Draining',
  description: 'The server is about to end: connect again after so many milliseconds.',
})

const CertificateExpiring = z
  .object({ notAfter: Timestamp })
  .meta({ id: 'CertificateExpiring', description: 'A fifth of the life of the certificate is left: renew it.' })

/** What the server pushes: method → params. */
export const NOTIFICATIONS = {
  hello: HelloParams,
  event: ConversationEvent,
  synced: Synced,
  signal: SignalNotification,
  draining: Draining,
  certificate_expiring: CertificateExpiring,
  gap: Gap,
} as const

/** WebSocket close codes. 40xx to 44xx: connect again; 45xx: do not by yourself (protocol.md "Flow"). */
export const CLOSE = {
  restart: { code: 1012, reason: 'the server restarts' },
  overloaded: { code: 1013, reason: 'the server is overloaded' },
  unsupportedData: { code: 1003, reason: 'text frames only' },
  silent: { code: 4408, reason: 'nothing was heard for two heartbeats (HERMES_HEARTBEAT_SECONDS)' },
  flooding: { code: 4429, reason: 'too many requests (HERMES_REQUESTS_PER_SECOND)' },
  slow: { code: 4430, reason: 'the window was full and nothing was acknowledged (HERMES_SLOW_SECONDS)' },
  revoked: { code: 4501, reason: 'the certificate was revoked' },
  expired: { code: 4502, reason: 'the certificate has expired' },
  disabled: { code: 4503, reason: 'the account is disabled or deleted' },
  violation: { code: 4504, reason: 'too many frames that are no requests' },
  replaced: { code: 4505, reason: 'this device connected elsewhere' },
  superseded: { code: 4506, reason: 'the certificate was superseded' },
} as const
export type Close = (typeof CLOSE)[keyof typeof CLOSE]
