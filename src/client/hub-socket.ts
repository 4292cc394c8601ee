import type { KeyObject } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { PROTOCOL } from '../wire/limits.js'
import { refusalFromHttp } from './refusal.js'
import { connectionError } from './tls-error.js'

export interface HubOptions {
  /** URL of the hub listener, https. */
  readonly url: string
  /** PEM of the root that was pinned. */
  readonly rootPem: string
  /** PEM of one's own certificate. */
  readonly certificate: string
  readonly key: KeyObject
  /** Name of this device, `default` by default. */
  readonly device?: string
  /** Milliseconds until it is open, and as many until the hub greets; 15,000 when absent. */
  readonly openMs?: number
}

export const OPEN_MS = 15_000
/** A network that is gone answers no close frame. The types of ws do not have this yet. */
const CLOSING = { closeTimeout: 2000 }
/** `joined` and a page of `history` are the largest frames. */
const FRAME_BYTES_MAX = 4 * 1024 * 1024
const REFUSAL_BYTES_MAX = 64 * 1024

/** A WebSocket to the hub that is opening; `opened` rejects with Refusal when the guard says no. */
export function openHubSocket({ url, rootPem, certificate, key, device = 'default', openMs = OPEN_MS }: HubOptions) {
  const endpoint = new URL('/hub', url)
  endpoint.protocol = 'wss:'
  endpoint.searchParams.set('device', device)
  const socket = new WebSocket(endpoint, [PROTOCOL], {
    ca: rootPem,
    cert: certificate,
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    minVersion: 'TLSv1.3',
    ...CLOSING,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
  })
  // For all of it: what comes byte by byte is never silent.
  const late = setTimeout(() => socket.terminate(), openMs)
  for (const event of ['open', 'close']) socket.once(event, () => clearTimeout(late))
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (error) => reject(connectionError(endpoint, error)))
    socket.once('unexpected-response', (_request, response) => {
      readRefusal(response)
        .then(reject, reject)
        .finally(() => socket.terminate())
    })
  })
  return { socket, opened }
}

async function readRefusal(response: IncomingMessage): Promise<Error> {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) {
    body += chunk
    if (body.length > REFUSAL_BYTES_MAX) break
  }
  return refusalFromHttp(response.statusCode ?? 0, body, response.headers['retry-after'])
}
