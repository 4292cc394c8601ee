import { setTimeout } from 'node:timers/promises'
import { Sender } from '../support/sender.js'
import { call } from '../support/sockets.js'
import { IN_FLIGHT, PAYLOAD, type Stage } from './stage.js'

const MESSAGES = 50
const EVERY_MS = 100

/** Milliseconds until a message was stored. */
export interface Wait {
  readonly p50: number
  readonly max: number
}

/** How long a member who says something now and then waits while another, on the first node, says all that he can. */
export async function waitBesideFlood(stage: Stage, node: 0 | 1): Promise<Wait> {
  const [alice, bob] = stage.people
  const [flood, socket] = await Promise.all([stage.open(0, alice, 'here'), stage.open(node, bob, 'other')])
  const sender = new Sender(flood, [stage.conversation], IN_FLIGHT)
  const flooding = sender.send(Number.POSITIVE_INFINITY, PAYLOAD)
  const waits: number[] = []
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    await setTimeout(EVERY_MS)
    const since = performance.now()
    await call(socket, 'send', { conversation: stage.conversation, messageId: crypto.randomUUID(), payload: PAYLOAD })
    waits.push(performance.now() - since)
  }
  sender.stop()
  await flooding
  for (const each of [flood, socket]) each.terminate()
  const sorted = waits.sort((a, b) => a - b)
  return { p50: Math.round(sorted[MESSAGES / 2] ?? 0), max: Math.round(sorted.at(-1) ?? 0) }
}
