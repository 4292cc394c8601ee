import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { checkAnswer } from './conformance.js'
import { httpAnswer } from './https.js'

export async function open(t: Test, url: string, options: ConnectionOptions): Promise<TLSSocket> {
  const { port } = new URL(url)
  const socket = connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ...options })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** One request on an open connection; the answer is read until the server ends it. */
export async function ask(socket: TLSSocket, path: string) {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  return answerOf(socket, 'GET', path)
}

/** What comes until the server ends the connection, as one answer. */
export async function answerOf(socket: TLSSocket, method: string, path: string) {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers = Object.fromEntries(fields.map((field) => field.toLowerCase().split(': ', 2)))
  const answer = httpAnswer(Number(line.split(' ')[1]), headers, body)
  checkAnswer(method, `https://localhost${path}`, answer)
  return answer
}

/** The session of a connection: with TLS 1.3 it comes in a ticket behind the handshake. */
export async function sessionOf(t: Test, url: string, options: ConnectionOptions) {
  const { port } = new URL(url)
  const socket = connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ...options })
  t.teardown(() => socket.destroy())
  const [session] = (await once(socket, 'session')) as [Buffer]
  await setImmediate() // Node loses what is written while it reads a ticket.
  return { session, socket }
}
