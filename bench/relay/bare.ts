import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'
import { serveParent } from '../support/serve-parent.js'

/** The least a relay can do: mutual TLS, parse, forward to whom the frame names. No store, no answer. */
const [directory = '.'] = process.argv.slice(2)
const file = (name: string) => readFile(join(directory, 'certs', name), 'utf8')
const server = createServer({
  cert: await file('server.pem'),
  key: await file('server.key'),
  ca: [await file('users-ca.pem'), await file('root-ca.pem')],
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3',
})
const sockets = new Map<string, WebSocket>()
const wss = new WebSocketServer({ server, perMessageDeflate: false })
wss.on('connection', (socket, request) => {
  const name = new URL(request.url ?? '/', 'https://localhost').searchParams.get('name') ?? ''
  sockets.set(name, socket)
  socket.on('message', (data) => {
    const frame = JSON.parse((data as Buffer).toString()) as { to: string; payload: string }
    sockets.get(frame.to)?.send(JSON.stringify({ from: name, payload: frame.payload }))
  })
})
server.listen(0, '127.0.0.1', () => {
  serveParent({ port: (server.address() as AddressInfo).port }, async () => {
    for (const client of wss.clients) client.terminate()
    server.close()
  })
})
