import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { converse, type Party } from '../support/conversation.js'
import { floodSetup, serveFlood } from '../support/flood.js'
import type { Person } from '../support/people.js'
import { Sender } from '../support/sender.js'
import { Dialler, parse } from '../support/sockets.js'

const IN_FLIGHT = 256
const ACKNOWLEDGE_EVERY = 16
const PAYLOAD = 'x'.repeat(256)

const { directory, hubPort } = floodSetup()
const [first, ...others] = JSON.parse(await readFile(join(directory, 'flood.json'), 'utf8')) as Person[]
if (!first) throw new Error('there is nobody to flood')
const dialler = await Dialler.of(directory)
const open = async (person: Person): Promise<Party> => [person, await dialler.openSynced(hubPort, person, 'ack=auto')]
const sender = await open(first)
const members = await Promise.all(others.map(open))
const conversation = await converse(dialler.rootPem, sender, ...members)
for (const [person, socket] of members) {
  socket.terminate()
  const reading = await dialler.openSynced(hubPort, person)
  reading.on('message', (data) => {
    const { method, params } = parse(data)
    if (method !== 'event' || Number(params?.seq) % ACKNOWLEDGE_EVERY !== 0) return
    const ack = { conversation, seq: params?.seq }
    reading.send(JSON.stringify({ jsonrpc: '2.0', method: 'ack', params: ack }))
  })
}

const flooding = new Sender(sender[1], [conversation], IN_FLIGHT)
let before = 0
let since = 0
let sending: Promise<void> = Promise.resolve()

serveFlood({
  begin() {
    before = flooding.stored
    since = performance.now()
    sending = flooding.send(Number.MAX_SAFE_INTEGER, PAYLOAD)
  },
  async end() {
    const rate = (flooding.stored - before) / ((performance.now() - since) / 1000)
    flooding.stop()
    await sending
    return `${Math.round(rate)} messages a second, to ${members.length} members`
  },
})
