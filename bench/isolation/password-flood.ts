import { randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { floodSetup, serveFlood } from '../support/flood.js'
import { Dialler } from '../support/sockets.js'

/** More than two workers and their lines take. */
const CLIENTS = 40
const RETRY_MS = 1000
const PASSWORD = 'correct horse battery staple'

const { directory, identityPort } = floodSetup()
const { rootPem: ca } = await Dialler.of(directory)
const counts = new Map<number, number>()
let isRunning = false
let clients: Promise<unknown> = Promise.resolve()
// Made beforehand: making keys is the client's work, not the server's.
const requests = await Promise.all(Array.from({ length: CLIENTS }, newcomer))

async function newcomer() {
  const username = `new-${randomBytes(8).toString('hex')}`
  return { username, password: PASSWORD, csr: createCertificateRequest(await generateKey(), username) }
}

/** Answers the status. */
async function post(path: string, body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const outgoing = request({ port: identityPort, path, method: 'POST', ca, headers, agent: false }, (incoming) => {
      text(incoming).then(() => resolve(incoming.statusCode ?? 0), reject)
    })
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(body))
  })
}

/** Every other client registers, every other asks for a key; none of them has a name that is known. */
async function client(index: number): Promise<void> {
  while (isRunning) {
    const body = index % 2 === 0 ? requests[index] : undefined
    const status = body
      ? await post('/register', body)
      : await post('/fetch-my', { username: `nobody-${randomBytes(4).toString('hex')}`, password: PASSWORD })
    counts.set(status, (counts.get(status) ?? 0) + 1)
    if (status === 201) requests[index] = await newcomer()
    if (status === 503) await pause(RETRY_MS)
  }
}

serveFlood({
  begin() {
    counts.clear()
    isRunning = true
    clients = Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)))
  },
  async end() {
    isRunning = false
    await clients
    return [...counts].map(([status, count]) => `${count} × ${status}`).join(', ')
  },
})
