import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { checkReceived, checkTaken } from '../../support/frame-conformance.js'
import type { TestServer } from '../../support/server.js'
import type { User } from '../../support/user.js'

/** What stands in events and answers; a lie is about some of it. */
export interface Fields {
  readonly type?: string | undefined
  readonly payload?: string | undefined
  readonly seq?: number | undefined
  readonly conversation?: string | undefined
  readonly from?: unknown
  readonly fingerprint?: string | undefined
  readonly member?: Fields | undefined
  readonly members?: readonly Fields[] | undefined
  readonly events?: readonly Fields[] | undefined
  readonly [name: string]: unknown
}

/** A frame, either way. */
export interface AnyFrame {
  readonly jsonrpc?: string
  readonly id?: number
  readonly method?: string
  readonly params?: Fields
  readonly result?: Fields
  readonly error?: object
}

/** What reaches the client instead of a frame of the hub; `asked` is the method that it answers. */
export type Lie = (frame: AnyFrame, asked: string | undefined) => readonly (AnyFrame | string)[]

export const honest: Lie = (frame) => [frame]

/**
 * A hub that has the server's own TLS key, and stands between one user and the real one. What the SDK sends, and what
 * the real one says before it is made a lie of, is held against asyncapi.yaml.
 */
export interface LyingHub {
  readonly url: string
  lie: Lie
  /** Ends the connections, so that the client comes back. */
  drop(): void
}

/** `authority`: the server whose TLS certificate it shows. */
export async function lyingHub(t: Test, server: TestServer, user: User, authority = server): Promise<LyingHub> {
  const [key, cert, issuer] = await Promise.all(
    ['server.key', 'server.pem', 'servers-ca.pem'].map((name) => readFile(join(authority.certsDir, name), 'utf8')),
  )
  const https = createServer({ key, cert: `${cert}${issuer}`, requestCert: true, rejectUnauthorized: false })
  const sockets = new WebSocketServer({ server: https })
  const hub: LyingHub = {
    url: '',
    lie: honest,
    drop: () => {
      for (const socket of sockets.clients) socket.terminate()
    },
  }
  sockets.on('connection', (near, { url = '' }) => relay(hub, near, new URL(url, server.hubUrl), user))
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  t.teardown(() => {
    hub.drop()
    https.close()
  })
  return Object.assign(hub, { url: `https://127.0.0.1:${(https.address() as AddressInfo).port}` })
}

function relay(hub: LyingHub, near: WebSocket, endpoint: URL, { tls }: User): void {
  const far = new WebSocket(String(endpoint).replace('https', 'wss'), ['hermes.v1'], tls)
  const asked = new Map<number, string>()
  const early: string[] = []
  near.on('message', (data) => {
    const text = (data as Buffer).toString()
    const taken = JSON.parse(text) as AnyFrame
    checkTaken(taken)
    const { id, method } = taken
    if (id !== undefined && method) asked.set(id, method)
    if (far.readyState === far.OPEN) far.send(text)
    else early.push(text)
  })
  far.on('open', () => {
    for (const text of early) far.send(text)
  })
  far.on('message', (data) => {
    const frame = JSON.parse((data as Buffer).toString()) as AnyFrame
    const method = frame.id === undefined ? undefined : asked.get(frame.id)
    checkReceived(frame, method)
    const told = hub.lie(frame, method)
    for (const one of told) near.send(typeof one === 'string' ? one : JSON.stringify(one))
  })
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => other.terminate())
    one.on('close', () => other.terminate())
  }
}
