import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { conversationOf } from '../../support/handshake.js'
import { connect, type HubClient, refusedUpgrade } from '../../support/hub-client.js'
import { startServer } from '../../support/server.js'
import { answerOf, ask, open, sessionOf } from '../../support/tls-session.js'
import { registerUser, type User } from '../../support/user.js'

const server = await startServer(t, { HERMES_STARTS_PER_HOUR: '0' })
const alice = await registerUser(server, 'alice')

let count = 0

/** Alice and a thief with a good certificate, for now, both connected and members of a conversation. */
async function arrange(t: Test) {
  const mallory = await registerUser(server, `mallory${++count}`)
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: mallory, client: await connect(t, server, mallory) }
  const conversation = await conversationOf(server, a, b)
  const send = (client: HubClient, messageId = randomUUID()) =>
    client.call('send', { conversation, messageId, payload: 'x' })
  return { mallory, a: a.client, b: b.client, conversation, send }
}

/** Resolves when it is answered. */
async function revoke(user: User): Promise<void> {
  const { status, text } = await user.call('POST', '/revoke', { reason: 'superseded' })
  if (status !== 204) throw new Error(`${user.username} was not revoked: ${status} ${text}`)
}

/** The messageIds of a conversation, as a member reads them. */
async function storedMessages(client: HubClient, conversation: string): Promise<ReadonlySet<string>> {
  const stored = new Set<string>()
  for (let after = 0, more = true; more; ) {
    const page = await client.call('history', { conversation, after, limit: 500 })
    for (const { messageId } of page.events) stored.add(messageId)
    after = page.events.at(-1)?.seq ?? after
    more = page.more
  }
  return stored
}

t.test('a revoked certificate on a resumed TLS session', async (t) => {
  const { mallory } = await arrange(t)
  const { session, socket: first } = await sessionOf(t, server.hubUrl, mallory.tls)
  t.equal((await ask(first, '/me')).status, 200)
  await revoke(mallory)
  const resumed = await open(t, server.hubUrl, { ca: server.rootPem, session })
  t.equal(resumed.isSessionReused(), true, 'TLS lets it go on')
  const refused = await ask(resumed, '/me')
  t.match(refused, { status: 403, headers: { connection: 'close' } })
  t.equal(refused.json().code, 'certificate_revoked')
  const upgrade = await refusedUpgrade(server, { tls: { ca: server.rootPem, session } })
  t.equal(upgrade.json().code, 'certificate_revoked')
})

t.test('a frame sent after the revocation was answered is not processed', async (t) => {
  for (let repetition = Number(process.env.HERMES_TEST_REPETITIONS ?? 3); repetition > 0; repetition -= 1) {
    const { mallory, a, b, conversation, send } = await arrange(t)
    const [before, answered, after] = [new Set<string>(), new Set<string>(), new Set<string>()]
    let isRevoked = false
    const flood = () => {
      if (b.closed || b.socket.readyState !== b.socket.OPEN || after.size > 5000) return
      for (let n = 0; n < 20; n += 1) {
        const messageId = randomUUID()
        ;(isRevoked ? after : before).add(messageId)
        send(b, messageId).then(
          () => answered.add(messageId),
          () => undefined,
        )
      }
      setImmediate(flood)
    }
    flood()
    await b.until(() => (answered.size > 100 ? true : null), 'answers')
    await revoke(mallory)
    isRevoked = true
    for (let n = 0; n < 20; n += 1) {
      const messageId = randomUUID()
      after.add(messageId)
      send(b, messageId).catch(() => undefined)
    }
    t.match(await b.whenClosed(), { code: 4501 })
    const stored = await storedMessages(a, conversation)
    t.ok(after.size >= 20)
    t.same(
      [...after].filter((id) => stored.has(id)),
      [],
      'nothing that was sent after it is stored',
    )
    t.same(
      [...answered].filter((id) => !stored.has(id)),
      [],
      'all that was answered is',
    )
  }
})

t.test('events after the revocation are not delivered to it', async (t) => {
  const { mallory, a, b, send } = await arrange(t)
  const { seq: last } = await send(a)
  await b.event(({ seq }) => seq === last)
  await revoke(mallory)
  await Promise.all(Array.from({ length: 20 }, () => send(a)))
  t.match(await b.whenClosed(), { code: 4501 })
  t.equal(b.events.at(-1)?.seq, last)
})

t.test('a request whose body comes after the revocation is not processed', async (t) => {
  const { mallory, a, conversation } = await arrange(t)
  const path = `/conversations/${conversation}/messages`
  const messageId = randomUUID()
  const body = JSON.stringify({ messageId, payload: 'late' })
  const socket = await open(t, server.hubUrl, mallory.tls)
  const head = [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json']
  socket.write([...head, `Content-Length: ${body.length}`, '', ''].join('\r\n'))
  for (let trip = 0; trip < 5; trip += 1) await alice.call('GET', '/me')
  await revoke(mallory)
  socket.write(body)
  const answer = await answerOf(socket, 'POST', path)
  t.match(answer, { status: 403, headers: { connection: 'close' } })
  t.equal(answer.json().code, 'certificate_revoked')
  t.equal((await storedMessages(a, conversation)).has(messageId), false)
})
