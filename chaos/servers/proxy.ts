import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** One connection through a proxy. */
interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** TCP from a port of its own to another, which can be cut, stalled, and made to swallow everything. */
export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #pairs: Set<Pair>

  private constructor(server: Server, pairs: Set<Pair>) {
    this.#server = server
    this.#pairs = pairs
    this.port = (server.address() as AddressInfo).port
  }

  /** `target` is asked for each connection. */
  static async start(target: () => number): Promise<TcpProxy> {
    const pairs = new Set<Pair>()
    const server = createServer((client) => join(client, target(), pairs)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server, pairs)
  }

  get pairs(): readonly Pair[] {
    return [...this.#pairs]
  }

  close(): void {
    this.#server.close()
    for (const pair of this.#pairs) cut(pair)
  }
}

function join(client: Socket, port: number, pairs: Set<Pair>): void {
  const server = connect(port, '127.0.0.1')
  const pair = { client, server }
  pairs.add(pair)
  client.setNoDelay()
  server.setNoDelay()
  client.pipe(server)
  server.pipe(client)
  const end = () => {
    cut(pair)
    pairs.delete(pair)
  }
  for (const socket of [client, server]) {
    socket.on('error', end)
    socket.on('close', end)
  }
}

/** Both sides see the end, whatever was on its way is gone. */
export function cut({ client, server }: Pair): void {
  client.destroy()
  server.destroy()
}

/** Nothing goes to the client any more, as if he did not read; answers how to undo it. */
export function stall({ client, server }: Pair): () => void {
  server.unpipe(client)
  server.pause()
  return () => {
    server.pipe(client)
  }
}

/** Nothing passes either way; answers how to undo it. */
export function freeze(pair: Pair): () => void {
  const { client, server } = pair
  const thaw = stall(pair)
  client.unpipe(server)
  client.pause()
  return () => {
    thaw()
    client.pipe(server)
  }
}
