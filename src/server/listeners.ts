import { constants, randomBytes } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Certificates } from './certificate-files.js'
import { type AuthoritySet, pemsOf } from './certificates/authority-set.js'
import type { ServerPair } from './certificates/server-pair.js'

/** Bytes of the keys that lock TLS session tickets, as Node wants them. */
const TICKET_KEY_BYTES = 48

/** What TLS 1.2 may use: keys that are forgotten, and ciphers that authenticate what they encrypt [RFC 9325 4.2]. */
const CIPHERS = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
].join(':')

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
export function hubTls({ server, authorities }: Certificates): ServerOptions {
  return {
    cert: server.certificatePem,
    key: server.keyPem,
    ca: clientAuthorities(authorities),
    requestCert: true,
    rejectUnauthorized: false,
    // TLS 1.2 for EST clients that know no other. Whoever connects is the same to the end: nobody renegotiates.
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ticketKeys: randomBytes(TICKET_KEY_BYTES),
    sessionIdContext: 'hermes-hub',
  }
}

/** Whose certificates the hub asks for: a client may send its leaf alone, under whichever generation. */
export function clientAuthorities(set: AuthoritySet): string[] {
  return [...pemsOf(set, 'users'), set.root.certificatePem]
}

/**
 * Has new connections of a listener get this pair, while those that are open stay. `tls` are the options it was made
 * with, ticket keys and client CAs included: Node forgets what it is not told again.
 */
export function presentPair(app: FastifyInstance, tls: ServerOptions, { certificatePem, keyPem }: ServerPair): void {
  if (app.server instanceof Server) app.server.setSecureContext({ ...tls, cert: certificatePem, key: keyPem })
}
