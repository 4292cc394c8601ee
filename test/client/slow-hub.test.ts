import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { HubClient } from '../../src/client/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser } from '../support/user.js'

const server = await startServer(t)
const user = await registerUser(server, 'alice')
const credentials = { certificate: user.certificate, key: user.key, rootPem: server.rootPem, openMs: 300 }

/** A hub with the server's own key; `answer` is what it says to an upgrade. */
async function hubThat(answer: (socket: Duplex, request: IncomingMessage) => void): Promise<string> {
  const [key, cert, issuer] = await Promise.all(
    ['server.key', 'server.pem', 'servers-ca.pem'].map((name) => readFile(join(server.certsDir, name), 'utf8')),
  )
  const https = createServer({ key, cert: `${cert}${issuer}`, requestCert: true, rejectUnauthorized: false })
  https.on('upgrade', (request, socket) => {
    t.teardown(() => socket.destroy())
    socket.on('error', () => undefined)
    answer(socket, request)
  })
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  t.teardown(() => https.close())
  return `https://127.0.0.1:${(https.address() as AddressInfo).port}`
}

t.test('a hub whose answer comes byte by byte, without end, is none', async (t) => {
  for (const beginning of [
    'HTTP/1.1 403 Forbidden\r\nContent-Length: 60000\r\n\r\n',
    'HTTP/1.1 101 Switching\r\nX: ',
  ]) {
    const url = await hubThat((socket) => {
      socket.write(beginning)
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    await t.rejects(HubClient.connect({ ...credentials, url }), { code: 'unreachable' }, beginning)
  }
})

const sockets = new WebSocketServer({ noServer: true })

t.test('a hub that never greets is left', async (t) => {
  const url = await hubThat((socket, request) =>
    sockets.handleUpgrade(request, socket, Buffer.alloc(0), () => undefined),
  )
  const client = await HubClient.connect({ ...credentials, url })
  t.match(await client.closed, { code: 1006, mayReconnect: true })
})

t.test('what waits for a reader is no larger than a window, however few the frames', async (t) => {
  const frame = JSON.stringify({ jsonrpc: '2.0', method: 'synced', params: { x: 'x'.repeat(3_900_000) } })
  const url = await hubThat((socket, request) =>
    sockets.handleUpgrade(request, socket, Buffer.alloc(0), (near) => {
      for (let count = 0; count < 24; count += 1) near.send(frame)
    }),
  )
  const client = await HubClient.connect({ ...credentials, openMs: 30_000, url })
  await client.closed
  await t.rejects(
    async () => {
      for await (const { method } of client.notifications) t.equal(method, 'synced')
    },
    { code: 'answer_invalid' },
  )
})
