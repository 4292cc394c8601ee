import { v7 } from 'uuid'
import type { WebSocket } from 'ws'

/** One direction of a pair: keeps so many messages in flight while it is running. */
export interface Sender {
  /** Messages that arrived since the start. */
  delivered: number
  running: boolean
  fill(): void
}

export const PAYLOAD = 'x'.repeat(256)

/** Hermes: a message is in flight until its answer, that it is stored; the receiver acknowledges what it got. */
export function hermesSender(from: WebSocket, to: WebSocket, conversation: string, inFlightMax: number): Sender {
  let inFlight = 0
  const sender: Sender = {
    delivered: 0,
    running: false,
    fill() {
      for (; sender.running && inFlight < inFlightMax; inFlight += 1) {
        const params = { conversation, messageId: v7(), payload: PAYLOAD }
        from.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'send', params }))
      }
    },
  }
  from.on('message', () => {
    inFlight -= 1
    sender.fill()
  })
  to.on(
    'message',
    acknowledging(to, conversation, () => (sender.delivered += 1)),
  )
  return sender
}

/** Events after which a receiver acknowledges; cursors are cumulative, and the window holds 256. */
const ACKNOWLEDGE_EVERY = 16
const ACKNOWLEDGE_MS = 50

/** Acknowledges as a client does that need not acknowledge each event by itself. */
function acknowledging(socket: WebSocket, conversation: string, received: () => void) {
  let last = 0
  let unacknowledged = 0
  let timer: NodeJS.Timeout | null = null
  const acknowledge = () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    unacknowledged = 0
    socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'ack', params: { conversation, seq: last } }))
  }
  return (data: unknown) => {
    const { method, params } = JSON.parse((data as Buffer).toString()) as { method?: string; params: { seq: number } }
    if (method !== 'event') return
    last = params.seq
    received()
    unacknowledged += 1
    if (unacknowledged >= ACKNOWLEDGE_EVERY) acknowledge()
    else timer ??= setTimeout(acknowledge, ACKNOWLEDGE_MS)
  }
}

/** The bare relay: a message is in flight until it arrives. */
export function bareSender(from: WebSocket, to: WebSocket, name: string, inFlightMax: number): Sender {
  let inFlight = 0
  const sender: Sender = {
    delivered: 0,
    running: false,
    fill() {
      for (; sender.running && inFlight < inFlightMax; inFlight += 1)
        from.send(JSON.stringify({ to: name, id: v7(), payload: PAYLOAD }))
    },
  }
  to.on('message', (data) => {
    JSON.parse((data as Buffer).toString())
    sender.delivered += 1
    inFlight -= 1
    sender.fill()
  })
  return sender
}
