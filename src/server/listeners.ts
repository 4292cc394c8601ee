import { randomBytes } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Certificates } from './certificate-files.js'
import type { ServerPair } from './certificates/server-pair.js'

/** Bytes of the keys that lock TLS session tickets, as Node wants them. */
const TICKET_KEY_BYTES = 48

/** TLS of the identity listener: no client certificate is asked for. */
export function identityTls({ identityServer }: Certificates): ServerOptions {
  return {
    cert: identityServer.certificatePem,
    key: identityServer.keyPem,
    minVersion: 'TLSv1.2',
    ticketKeys: randomBytes(TICKET_KEY_BYTES),
    sessionIdContext: 'hermes-identity',
  }
}

/**
 * TLS of the hub listener. A certificate that is wrong must not end the handshake without a word: the guard
 * answers it. Ticket keys of its own: a session begun where no certificate is asked for must not be resumed here.
 */
export function hubTls({ server, users, root }: Certificates): ServerOptions {
  return {
    cert: server.certificatePem,
    key: server.keyPem,
    ca: [users.certificatePem, root.certificatePem],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ticketKeys: randomBytes(TICKET_KEY_BYTES),
    sessionIdContext: 'hermes-hub',
  }
}

/**
 * Has new connections of a listener get this pair, while those that are open stay. `tls` are the options it was made
 * with, ticket keys and client CAs included: Node forgets what it is not told again.
 */
export function presentPair(app: FastifyInstance, tls: ServerOptions, { certificatePem, keyPem }: ServerPair): void {
  if (app.server instanceof Server) app.server.setSecureContext({ ...tls, cert: certificatePem, key: keyPem })
}
