import type { WebSocket } from 'ws'
import { converse } from '../support/conversation.js'
import type { Person } from '../support/people.js'
import { Dialler } from '../support/sockets.js'

interface Pair {
  readonly from: WebSocket
  readonly to: WebSocket
}

export function pairsOf(people: readonly Person[]): readonly (readonly [Person, Person])[] {
  return people.flatMap((person, index) => {
    const other = people[index + 1]
    return index % 2 === 0 && other ? [[person, other] as const] : []
  })
}

export async function openBarePairs(directory: string, port: number, people: readonly Person[]) {
  const dialler = await Dialler.of(directory)
  const pairs: (Pair & { readonly name: string })[] = []
  for (const [sender, receiver] of pairsOf(people)) {
    const url = (name: string) => `wss://localhost:${port}/?name=${name}`
    const from = await dialler.open(url(sender.username), sender)
    const to = await dialler.open(url(receiver.username), receiver)
    pairs.push({ from, to, name: receiver.username })
  }
  return pairs
}

export async function openHermesPairs(directory: string, port: number, people: readonly Person[]) {
  const dialler = await Dialler.of(directory)
  const pairs: (Pair & { readonly conversation: string })[] = []
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
