import t from 'tap'
import { request } from '../support/https.js'
import { connect, hubSocket, refusal } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

const REFUSAL = /4096 members and elements/
const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]))

/** As long as a frame may be, or nearly. */
const TEXTS: Readonly<Record<string, string>> = {
  members: JSON.stringify(members(45_000)),
  elements: JSON.stringify(Array(200_000).fill(1)),
  'nested lists': '['.repeat(250_000),
  'nested objects': `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
}

const server = await startServer(t, { HERMES_IDENTITY_BODY_BYTES: '1048576' })
const { mallory, alice } = await registerUsers(server, 'mallory', 'alice')

t.test('JSON of very many values is not read, on neither listener', async (t) => {
  const headers = { 'content-type': 'application/json' }
  for (const [what, text] of Object.entries(TEXTS))
    for (const [url, tls] of [
      [`${server.hubUrl}/conversations`, mallory.tls],
      [`${server.identityUrl}/register`, { ca: server.rootPem }],
    ] as const) {
      const answer = await request(url, { method: 'POST', ...tls, headers }, Buffer.from(text))
      t.match(answer.json(), { code: 'invalid_request', detail: REFUSAL }, `${what} to ${url}`)
    }
})

t.test('nor in a frame, and whoever goes on is cut off', async (t) => {
  const socket = hubSocket(server, mallory)
  t.teardown(() => socket.terminate())
  const answers: string[] = []
  socket.on('message', (data: Buffer) => answers.push(data.toString()))
  await new Promise((resolve) => socket.once('open', resolve))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  for (let n = 0; n < 5; n += 1)
    for (const text of Object.values(TEXTS)) socket.send(`{"jsonrpc":"2.0","id":1,"method":"start","params":${text}}`)
  t.equal(await closed, 4504)
  const refused = answers.map((text) => JSON.parse(text)).filter(({ error }) => error)
  t.equal(refused.length, 20)
  for (const { error } of refused) t.match(error, { code: -32600, message: REFUSAL })
})

t.test('the largest request there is has far less', async (t) => {
  const client = await connect(t, server, alice)
  const { username, fingerprint } = mallory
  const participants = Array.from({ length: 511 }, () => ({ username, fingerprint }))
  t.match(await refusal(client.call('start', { participants })), { message: /mallory takes part already/ })
  const payload = ',{["\\'.repeat(10_000)
  const sent = client.call('send', {
    conversation: '60038410-eb81-4348-9143-26d9203e1dd0',
    messageId: '01900000-0000-7000-8000-000000000001',
    payload,
  })
  t.match(await refusal(sent), { data: { code: 'conversation_not_found' } })
})
