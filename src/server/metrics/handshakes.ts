import { type Server, Socket } from 'node:net'
import { type TLSSocket, Server as TlsServer } from 'node:tls'
import { Durations } from './distribution.js'
import type { Exposition } from './exposition.js'
import { Tally } from './tally.js'

/** What a TLS listener counts of its handshakes. */
export class Handshakes {
  readonly seconds = new Durations()
  readonly results = new Tally('full', 'resumed', 'failed')
  /**
   * When each began that has not ended, by the address it comes from: Node does not tell which socket a TLS socket is
   * on.
   */
  readonly #since = new Map<string, number>()

  /** To be called before it listens. */
  watch(server: Server): void {
    if (!(server instanceof TlsServer)) return
    server.on('connection', (socket) => {
      if (!(socket instanceof Socket)) return
      const key = addressOf(socket)
      this.#since.set(key, performance.now())
      socket.once('close', () => this.#since.delete(key))
    })
    server.on('secureConnection', (socket) => this.#end(socket))
    server.on('tlsClientError', () => this.results.add('failed'))
  }

  /** Those under way. */
  get pending(): number {
    return this.#since.size
  }

  #end(socket: TLSSocket): void {
    this.results.add(socket.isSessionReused() ? 'resumed' : 'full')
    const since = this.#since.get(addressOf(socket))
    if (since !== undefined) this.seconds.observeMs(performance.now() - since)
    this.#since.delete(addressOf(socket))
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

export function exposeHandshakes(exposition: Exposition, listeners: Readonly<Record<string, Handshakes>>): void {
  exposition.histogram(
    {
      name: 'hermes_tls_handshake_seconds',
      help: 'Time from a TCP connection until the TLS handshake on it was complete, the way to the client and back included.',
      labels: ['listener'],
    },
    () => Object.entries(listeners).map(([listener, { seconds }]) => [[listener], seconds]),
  )
  exposition.counter(
    {
      name: 'hermes_tls_handshakes_total',
      help: 'TLS handshakes: full, resumed with a ticket, or failed.',
      labels: ['listener', 'result'],
    },
    () =>
      Object.entries(listeners).flatMap(([listener, { results }]) =>
        [...results].map(([result, count]) => [[listener, result], count] as const),
      ),
  )
  exposition.gauge(
    {
      name: 'hermes_tls_handshakes_pending',
      help: 'TCP connections whose TLS handshake is not complete.',
      labels: ['listener'],
    },
    () => Object.entries(listeners).map(([listener, { pending }]) => [[listener], pending]),
  )
}
