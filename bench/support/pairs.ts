import type { WebSocket } from 'ws'
import { converse } from './conversation.js'
import type { Person } from './people.js'
import { Dialler } from './sockets.js'

/** Two in a conversation of their own. */
export interface HermesPair {
  readonly from: WebSocket
  readonly to: WebSocket
  readonly conversation: string
}

export function pairsOf(people: readonly Person[]): readonly (readonly [Person, Person])[] {
  return people.flatMap((person, index) => {
    const other = people[index + 1]
    return index % 2 === 0 && other ? [[person, other] as const] : []
  })
}

export async function openHermesPairs(
  directory: string,
  port: number,
  people: readonly Person[],
): Promise<readonly HermesPair[]> {
  const dialler = await Dialler.of(directory)
  const pairs: HermesPair[] = []
  for (const [inviter, invitee] of pairsOf(people)) {
    const a = await dialler.openSynced(port, inviter, 'ack=auto')
    const b = await dialler.openSynced(port, invitee, 'ack=auto')
    const conversation = await converse(dialler.rootPem, [inviter, a], [invitee, b])
    // A joined pair starts afresh on the connections that are measured: these acknowledge for themselves.
    a.terminate()
    b.terminate()
    const from = await dialler.openSynced(port, inviter)
    const to = await dialler.openSynced(port, invitee)
    pairs.push({ from, to, conversation })
  }
  return pairs
}
