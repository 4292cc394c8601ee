import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import type { Session } from '../../../src/hub/delivery/session.js'
import type { Hub } from '../../../src/hub/hub.js'
import { Connection, type ConnectionOptions } from '../../../src/server/hub/connection.js'
import { WireFigures } from '../../../src/server/metrics/wire-figures.js'

const FINGERPRINT = `sha256:${'a'.repeat(64)}`
const NOT_AFTER = new Date('2030-01-01T00:00:00Z')

interface Reply {
  readonly id?: number
  readonly method?: string
  readonly error?: { readonly code: number }
}

class FakeSocket extends EventEmitter {
  bufferedAmount = 0
  isPaused = false
  closed: number | null = null
  readonly replies: Reply[] = []
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  send(frame: string | Buffer): void {
    this.replies.push(JSON.parse(frame.toString()) as Reply)
  }
  close(code: number): void {
    this.closed = code
  }
  terminate(): void {}
  receive(frame: object | string): void {
    this.emit('message', Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame)), false)
  }
  get answered(): readonly number[] {
    return this.replies.flatMap(({ id }) => (id === undefined ? [] : [id]))
  }
}

const call = (id: number, method = 'whoami', params: object = {}) => ({ jsonrpc: '2.0', id, method, params })

/** An open connection whose hub knows `whoami` alone. */
async function open(t: Test) {
  const socket = new FakeSocket()
  const raw = Object.assign(new EventEmitter(), { cork: () => {}, uncork: () => {} })
  const state = { now: new Date('2029-12-31T23:59:59Z'), taken: 0, waitMs: 0 }
  const session = {
    options: { id: 'session' },
    isClosed: false,
    pump: () => {},
    lifetime: {
      goesOn(at: number) {
        if (at >= NOT_AFTER.getTime()) session.close({ code: 4502 })
        return !session.isClosed
      },
    },
    close({ code }: { readonly code: number }) {
      session.isClosed = true
      socket.close(code)
    },
  }
  const identities = { findByFingerprint: async () => ({ user: { role: 'user' } }) }
  const hub = {
    services: { now: () => state.now, identities, toIdentity: () => ({}) },
    rate: {
      take: () => {
        state.taken += 1
        return state.waitMs
      },
    },
    connect: async () => session as unknown as Session,
    disconnect: () => {},
  }
  const actor = { userId: 1, username: 'alice', fingerprint: FINGERPRINT, device: 'default' }
  const options = {
    hub: hub as unknown as Hub,
    caller: { actor, notAfter: NOT_AFTER } as ConnectionOptions['caller'],
    autoAcknowledge: false,
    heartbeatSeconds: 25,
    limits: {} as ConnectionOptions['limits'],
    wire: new WireFigures(),
    logger: pino({ level: 'silent' }),
    onClose: () => {},
  }
  const connection = new Connection(socket as unknown as WebSocket, raw as unknown as Socket, options)
  t.teardown(() => socket.emit('close'))
  await connection.open()
  return { socket, raw, session, state }
}

async function settle(): Promise<void> {
  for (let index = 0; index < 500; index += 1) await turn()
}

t.test('a client that does not read is answered no more requests, and is not read', async (t) => {
  const { socket, raw } = await open(t)
  socket.bufferedAmount = 2 * 1024 * 1024
  const ids = Array.from({ length: 64 }, (_, index) => index)
  for (const id of ids) socket.receive(call(id))
  await settle()
  t.same(socket.answered, [])
  t.ok(socket.isPaused)
  socket.bufferedAmount = 0
  raw.emit('drain')
  await settle()
  t.same(socket.answered, ids, 'when he has read, all are answered, in order')
  t.notOk(socket.isPaused)
})

t.test('however much he sends at once, he does not hold the event loop', async (t) => {
  const { socket } = await open(t)
  const ids = Array.from({ length: 64 }, (_, index) => index)
  for (const id of ids) socket.receive(call(id, 'dance'))
  t.same(socket.answered, ids.slice(0, 8), 'the rest waits for its turn')
  await settle()
  t.same(socket.answered, ids)
})

t.test('a few long frames that wait are enough', async (t) => {
  const { socket } = await open(t)
  socket.bufferedAmount = 2 * 1024 * 1024
  socket.receive('x'.repeat(512 * 1024))
  t.notOk(socket.isPaused)
  socket.receive('x'.repeat(512 * 1024))
  t.ok(socket.isPaused)
})

t.test('a method that does not exist counts as a request', async (t) => {
  const { socket, state } = await open(t)
  socket.receive(call(1, 'dance'))
  t.equal(state.taken, 1)
  t.match(socket.replies.at(-1), { id: 1, error: { code: -32601 } })
  state.waitMs = 1
  socket.receive(call(2, 'dance'))
  t.same(socket.answered, [1])
  state.waitMs = 0
  await new Promise((resolve) => setTimeout(resolve, 20))
  await settle()
  t.same(socket.answered, [1, 2])
})

t.test('what waits when the connection closes is not done', async (t) => {
  const { socket, session, state } = await open(t)
  state.waitMs = 1
  for (const id of [1, 2]) socket.receive(call(id))
  session.close({ code: 4501 })
  state.waitMs = 0
  const { taken } = state
  await new Promise((resolve) => setTimeout(resolve, 20))
  await settle()
  t.equal(state.taken, taken)
  t.same(socket.answered, [])
})

t.test('nothing is done under a certificate that has expired', async (t) => {
  const { socket, state } = await open(t)
  socket.receive(call(1))
  await settle()
  state.now = NOT_AFTER
  socket.receive(call(2))
  await settle()
  t.same(socket.answered, [1])
  t.equal(socket.closed, 4502)
})
