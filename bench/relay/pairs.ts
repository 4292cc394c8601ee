import type { WebSocket } from 'ws'
import { pairsOf } from '../support/pairs.js'
import type { Person } from '../support/people.js'
import { Dialler } from '../support/sockets.js'

interface BarePair {
  readonly from: WebSocket
  readonly to: WebSocket
  readonly name: string
}

export async function openBarePairs(
  directory: string,
  port: number,
  people: readonly Person[],
): Promise<readonly BarePair[]> {
  const dialler = await Dialler.of(directory)
  const pairs: BarePair[] = []
  for (const [sender, receiver] of pairsOf(people)) {
    const url = (name: string) => `wss://localhost:${port}/?name=${name}`
    const from = await dialler.open(url(sender.username), sender)
    const to = await dialler.open(url(receiver.username), receiver)
    pairs.push({ from, to, name: receiver.username })
  }
  return pairs
}
