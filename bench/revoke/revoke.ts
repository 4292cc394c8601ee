import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import { Child } from '../support/child.js'
import { type Person, seedPeople } from '../support/people.js'
import { Dialler } from '../support/sockets.js'

/** That stay open all the time. */
const CONNECTIONS = 1000
const REVOCATIONS = 200
const REVOKED = 4501
const AIM_MS = 50
const SAY_EVERY = 100

interface Revocation {
  /** Milliseconds from asking to the answer. */
  readonly answered: number
  /** Milliseconds from the answer to the end of the WebSocket; 0 where the close came first. */
  readonly closed: number
}

/**
 * From the answer to a revocation to the end of the WebSocket of that certificate, its close frame received and
 * answered, while a thousand other connections are open. Users revoke their own certificate over mutual TLS.
 */
export async function revoke({ json }: { readonly json: boolean }): Promise<void> {
  const say = (text: string) => void (json || process.stdout.write(`${text}\n`))
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  say(`${REVOCATIONS} revocations, one after another, beside ${CONNECTIONS} open connections`)
  const people = await seedPeople(directory, CONNECTIONS + REVOCATIONS)
  const hermes = await Child.start(new URL('../support/hermes.ts', import.meta.url), directory)
  const dialler = await Dialler.of(directory)
  const sockets: WebSocket[] = []
  for (const [index, person] of people.entries()) {
    sockets.push(await dialler.openSynced(hermes.port, person))
    if ((index + 1) % SAY_EVERY === 0) say(`  ${index + 1} connections`)
  }
  const revocations: Revocation[] = []
  for (const [index, person] of people.slice(0, REVOCATIONS).entries()) {
    const socket = sockets[index]
    if (socket) revocations.push(await revokeOne(hermes.port, dialler.rootPem, person, socket))
  }
  const open = sockets.filter((socket) => socket.readyState === socket.OPEN).length
  if (open !== CONNECTIONS) throw new Error(`${open} connections are left where ${CONNECTIONS} should be`)
  const result = { connections: CONNECTIONS, revocations: revocations.length, ...summary(revocations) }
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${report(result)}\n`)
  for (const socket of sockets) socket.terminate()
  await hermes.stop()
  await rm(directory, { recursive: true, force: true })
}

async function revokeOne(port: number, ca: string, person: Person, socket: WebSocket): Promise<Revocation> {
  const closing = new Promise<number>((resolve, reject) => {
    socket.once('close', (code) => {
      if (code === REVOKED) resolve(performance.now())
      else reject(new Error(`closed with ${code}`))
    })
  })
  const asked = performance.now()
  await post(port, ca, person)
  const answered = performance.now()
  return { answered: answered - asked, closed: Math.max(0, (await closing) - answered) }
}

/** Over a connection of its own. */
function post(port: number, ca: string, { certificate, keyPem, username }: Person): Promise<void> {
  const options = { port, method: 'POST', path: '/revoke', ca, cert: certificate, key: keyPem, agent: false }
  const headers = { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: 'localhost', headers, ...options }, (answer) => {
      answer.resume()
      if (answer.statusCode === 204) resolve()
      else reject(new Error(`${username} could not revoke: ${answer.statusCode}`))
    })
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify({ reason: 'keyCompromise' }))
  })
}

function summary(revocations: readonly Revocation[]) {
  const of = (name: keyof Revocation) => {
    const sorted = revocations.map((revocation) => revocation[name]).sort((a, b) => a - b)
    const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
    return { p50: at(0.5), p99: at(0.99), max: at(1) }
  }
  return { closedAfterAnswerMs: of('closed'), answeredMs: of('answered'), aimMs: AIM_MS }
}

function round(value = Number.NaN): number {
  return Math.round(value * 100) / 100
}

function report({ closedAfterAnswerMs: closed, answeredMs: answered, aimMs }: ReturnType<typeof summary>): string {
  return [
    `closed after the answer   p50 ${closed.p50} ms, p99 ${closed.p99} ms, longest ${closed.max} ms (aim: p99 under ${aimMs} ms)`,
    `answered                  p50 ${answered.p50} ms, p99 ${answered.p99} ms, longest ${answered.max} ms (with its TLS handshake)`,
  ].join('\n')
}
