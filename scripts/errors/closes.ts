import type { CLOSE } from '../../src/wire/frames.js'
import type { Explanation } from './refusals.js'

/** Why the hub closes a WebSocket, and what its client should do. */
export const CLOSES: Readonly<Record<keyof typeof CLOSE, Explanation>> = {
  restart: {
    cause: 'A planned end; `draining` came before it.',
    remedy: 'Connect again after `reconnectAfterMs`; what was not acknowledged comes again.',
  },
  overloaded: {
    cause:
      'The server could not open the connection, or failed to read on; where it can, a refusal without `id` comes before.',
    remedy: 'Connect again, after a while that grows, with jitter.',
  },
  unsupportedData: { cause: 'A binary frame came.', remedy: 'Send text frames.' },
  silent: {
    cause: 'Neither a frame nor a pong came for two heartbeats: the network is gone, or the client stands still.',
    remedy: 'Answer pings, as WebSocket libraries do by themselves; connect again.',
  },
  flooding: {
    cause: 'A hundred requests in a minute were refused unseen, since too many of this connection waited.',
    remedy: 'Wait for answers; `limits` in `hello` says how many a second. Connect again, after a while that grows.',
  },
  slow: {
    cause: 'The window was full and nothing was acknowledged for a minute.',
    remedy:
      'Acknowledge what was stored, at the latest after 256 events or 1 MiB. Connect again: it goes on where you acknowledged.',
  },
  revoked: {
    cause: 'The certificate of this connection was revoked.',
    remedy: 'Tell the user; see [certificate_revoked](#certificate_revoked).',
  },
  expired: {
    cause: 'The certificate of this connection came to its end; `certificate_expiring` came before.',
    remedy: '`renew`, then connect with the new one; see [certificate_expired](#certificate_expired).',
  },
  disabled: {
    cause: 'The account was disabled or deleted.',
    remedy: 'Tell the user; see [account_disabled](#account_disabled).',
  },
  violation: {
    cause: 'Twenty frames in a minute were no requests of JSON-RPC 2.0.',
    remedy: 'Mend the client: each was answered with what is wrong.',
  },
  replaced: {
    cause: 'A newer connection, or `GET /events`, of the same device of this user.',
    remedy: 'Do not connect again, or the two will chase each other: give each program a `device` of its own.',
  },
  superseded: {
    cause: 'Ten minutes ago the certificate was renewed with another key.',
    remedy: 'Connect with the newest certificate; see [certificate_superseded](#certificate_superseded).',
  },
}
