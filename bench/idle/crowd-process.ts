import { once } from 'node:events'
import type { WebSocket } from 'ws'
import { call, Dialler } from '../support/sockets.js'
import type { CrowdReport, CrowdSetup } from './crowd.js'

/** Handshakes at once: the server should not wait for the client. */
const AT_ONCE = 16

process.send?.('ready')
const [setup] = (await once(process, 'message')) as [CrowdSetup]
const sockets: WebSocket[] = []
let lost = 0
await gather(setup)
process.on('message', (question: 'report' | 'whoami') => {
  if (question === 'report') process.send?.({ open: sockets.length - lost, lost } satisfies CrowdReport)
  else void askAll().then((told) => process.send?.(told))
})
process.send?.('gathered')

async function gather({ directory, url, people, devices }: CrowdSetup): Promise<void> {
  const dialler = await Dialler.of(directory)
  const names = Array.from({ length: devices }, (_, index) => `device${index}`)
  const waiting = people.flatMap((person) => names.map((name) => ({ person, name })))
  const lane = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { person, name } = next
      const socket = await dialler.open(url.replace('NAME', person.username).replace('DEVICE', name), person)
      socket.once('close', () => {
        lost += 1
      })
      sockets.push(socket)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

async function askAll(): Promise<number> {
  let told = 0
  const waiting = [...sockets]
  const lane = async () => {
    for (let socket = waiting.pop(); socket; socket = waiting.pop()) {
      const { device } = await call(socket, 'whoami', {})
      if (typeof device === 'string') told += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return told
}
