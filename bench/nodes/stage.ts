import type { WebSocket } from 'ws'
import type { Child } from '../support/child.js'
import { converse } from '../support/conversation.js'
import type { Person } from '../support/people.js'
import type { Dialler } from '../support/sockets.js'

/** Of each sender. */
export const IN_FLIGHT = 16
export const PAYLOAD = 'x'.repeat(256)

/** One conversation of three on two nodes. */
export interface Stage {
  readonly conversation: string
  /** A connection to the first or the second node, whose events count as acknowledged when they are written. */
  readonly open: (node: 0 | 1, person: Person, device: string) => Promise<WebSocket>
  readonly people: readonly [Person, Person, Person]
}

export async function openStage(
  dialler: Dialler,
  servers: readonly [Child, Child],
  people: readonly Person[],
): Promise<Stage> {
  const [alice, bob, carol] = people
  if (!alice || !bob || !carol) throw new Error('there are three')
  const open: Stage['open'] = (node, person, device) =>
    dialler.openSynced(servers[node].port, person, `ack=auto&device=${device}`)
  const sockets = await Promise.all([alice, bob, carol].map((person) => open(0, person, 'first')))
  const [a, b, c] = sockets
  if (!a || !b || !c) throw new Error('there are three')
  const conversation = await converse(dialler.rootPem, [alice, a], [bob, b], [carol, c])
  for (const socket of sockets) socket.terminate()
  return { conversation, open, people: [alice, bob, carol] }
}
