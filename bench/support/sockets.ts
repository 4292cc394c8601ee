import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { Person } from './people.js'

export interface Frame {
  readonly id?: number | string
  readonly method?: string
  readonly result?: Readonly<Record<string, unknown>>
  readonly params?: Readonly<Record<string, unknown>>
}

/** Opens sockets over mutual TLS. The root is read once. */
export class Dialler {
  readonly #ca: string

  private constructor(ca: string) {
    this.#ca = ca
  }

  static async of(directory: string): Promise<Dialler> {
    return new Dialler(await readFile(join(directory, 'certs', 'root-ca.pem'), 'utf8'))
  }

  get rootPem(): string {
    return this.#ca
  }

  dial(url: string, person: Person): WebSocket {
    return new WebSocket(url, { ca: this.#ca, cert: person.certificate, key: person.keyPem, perMessageDeflate: false })
  }

  open(url: string, person: Person): Promise<WebSocket> {
    return opened(this.dial(url, person))
  }

  /** A connection to the hub that has been given everything there was. */
  async openSynced(port: number, person: Person, query = ''): Promise<WebSocket> {
    const socket = this.dial(`wss://localhost:${port}/hub?${query}`, person)
    const synced = next(socket, ({ method }) => method === 'synced')
    await opened(socket)
    await synced
    return socket
  }
}

function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

export function parse(data: unknown): Frame {
  return JSON.parse((data as Buffer).toString()) as Frame
}

export function next(socket: WebSocket, fits: (frame: Frame) => boolean): Promise<Frame> {
  return new Promise((resolve) => {
    const listen = (data: unknown) => {
      const frame = parse(data)
      if (!fits(frame)) return
      socket.off('message', listen)
      resolve(frame)
    }
    socket.on('message', listen)
  })
}

let lastId = 0

export async function call(socket: WebSocket, method: string, params: object) {
  lastId += 1
  const id = lastId
  const answer = next(socket, (frame) => frame.id === id)
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  const frame = await answer
  if (!frame.result) throw new Error(`${method} was refused: ${JSON.stringify(frame)}`)
  return frame.result
}
