import { readFile } from 'node:fs/promises'
import { connect, credsAuthenticator, type NatsConnection, type TlsOptions } from '@nats-io/transport-node'
import type { NatsOptions } from './options.js'

/** For TCP, TLS and NATS's greeting together. */
const CONNECT_MS = 5000

type Options = Pick<NatsOptions, 'servers' | 'caFile' | 'certFile' | 'keyFile' | 'credentialsFile'>

/** One connection, to whichever server answers; files are read each time, so that they may be changed. */
export async function connectOnce({ servers, credentialsFile, ...files }: Options): Promise<NatsConnection> {
  const urls = servers.map((server) => new URL(server))
  const { username, password } = urls[0] ?? new URL('nats://127.0.0.1')
  return connect({
    servers: urls.map(({ host }) => host),
    name: 'hermes',
    timeout: CONNECT_MS,
    noEcho: true,
    // Whoever uses it connects again, and listens to what is of interest by then.
    reconnect: false,
    ...(username !== '' && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(credentialsFile !== null && { authenticator: credsAuthenticator(await readFile(credentialsFile)) }),
    // With it a server that speaks no TLS is refused.
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: tlsOf(files) }),
  })
}

function tlsOf({ caFile, certFile, keyFile }: Pick<Options, 'caFile' | 'certFile' | 'keyFile'>): TlsOptions {
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) }
}
