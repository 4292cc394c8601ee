import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { buildCommand } from '../support/build.js'
import { conversationOf, type Party } from '../support/handshake.js'
import { request } from '../support/https.js'
import { connect, type Fields, type HubClient } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import type { TestServer } from '../support/server.js'
import { PASSWORD, registerUsers, type User } from '../support/user.js'

const KILLS = 20
/** A kill comes so many milliseconds after the clients began, at most. */
const ALIVE_MS = 900
/** Sends of one client under way at once. */
const IN_FLIGHT = 8
const SEED = Number(process.env.KILL_SEED ?? 20_260_301)

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Message {
  readonly sender: string
  readonly conversation: string
  readonly messageId: string
  readonly payload: string
}

/** What clients know for certain, and what they cannot know because the server died on them. */
interface Ledger {
  /** username → certificate */
  readonly registered: Map<string, string>
  readonly unsureNames: Set<string>
  readonly answered: Map<string, Message & { readonly seq: number }>
  readonly unsureMessages: Map<string, Message>
}

/** Registers one user after another until the server is gone. */
async function keepRegistering(server: TestServer, ledger: Ledger, prefix: string) {
  for (let n = 0; ; n += 1) {
    const username = `${prefix}-${n}`
    const csr = createCertificateRequest(await generateKey(), username)
    ledger.unsureNames.add(username)
    const answer = await register(server, username, csr)
    if (answer === null) return
    ledger.unsureNames.delete(username)
    if (answer.status !== 201) throw new Error(`${username}: ${answer.status} ${answer.text}`)
    ledger.registered.set(username, answer.json<{ certificate: string }>().certificate)
  }
}

async function register(server: TestServer, username: string, csr: string) {
  const body = { username, password: PASSWORD, csr }
  return request(`${server.identityUrl}/register`, { method: 'POST', ca: server.rootPem }, body).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error // no error of the socket: the answer was wrong
      return null
    },
  )
}

/** Sends until the connection is gone: first again what is unsure, then new messages. */
async function keepSending(
  { user: { username: sender }, client }: Party,
  ledger: Ledger,
  conversations: readonly string[],
  random: () => number,
) {
  const again = [...ledger.unsureMessages.values()].filter((message) => message.sender === sender)
  const lane = async () => {
    while (!client.closed) {
      const conversation = conversations[Math.floor(random() * conversations.length)] ?? ''
      const message = again.shift() ?? { sender, conversation, messageId: randomUUID(), payload: `${random()}` }
      ledger.unsureMessages.set(message.messageId, message)
      const { sender: _, ...params } = message
      const result = await client.call('send', params).catch((error: Error) => {
        if (client.closed) return null
        throw error
      })
      if (!result) return
      ledger.unsureMessages.delete(message.messageId)
      ledger.answered.set(message.messageId, { ...message, seq: result.seq })
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

async function everythingAnsweredIsThere(t: Test, server: TestServer, ledger: Ledger, users: readonly User[]) {
  const fetched = (username: string) => request(`${server.identityUrl}/fetch/${username}`, { ca: server.rootPem })
  for (const [username, certificate] of ledger.registered) {
    const answer = await fetched(username)
    if (answer.status !== 200 || answer.json().certificate !== certificate) t.fail(`${username} is not there`)
  }
  for (const username of ledger.unsureNames) {
    const answer = await fetched(username)
    const registering = await register(server, username, createCertificateRequest(await generateKey(), username))
    if (answer.status === 200) t.equal(registering?.status, 409, `${username} is whole`)
    else t.same([answer.status, registering?.status], [404, 201], `${username} is not there at all`)
  }
  for (const user of users) t.equal((await user.call('GET', '/me')).status, 200)
}

async function logOf(client: HubClient, conversation: string): Promise<readonly Fields[]> {
  const events: Fields[] = []
  for (let more = true; more; ) {
    const after = events.at(-1)?.seq ?? 0
    const page = await client.call('history', { conversation, after, limit: 500 })
    events.push(...page.events)
    more = page.more
  }
  return events
}

// Minutes on a machine that has other work; half of one on an idle one.
t.setTimeout(240_000)

t.test(`kill -9 at ${KILLS} random moments loses nothing that was answered (KILL_SEED=${SEED})`, async (t) => {
  const random = seeded(SEED)
  const [command, directory] = await Promise.all([buildCommand(t), temporaryFolder(t)])
  const environment: Record<string, string> = { HERMES_REQUESTS_PER_SECOND: '0' }
  let running = await serve(t, { directory, command, environment })
  environment.HERMES_IDENTITY_PORT = new URL(running.identityUrl).port
  environment.HERMES_HUB_PORT = new URL(running.hubUrl).port
  const server = await asTestServer(running, directory)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const [a, b] = await Promise.all([connect(t, server, alice), connect(t, server, bob)])
  const parties = [
    { user: alice, client: a },
    { user: bob, client: b },
  ] as const
  const conversations = [await conversationOf(server, ...parties), await conversationOf(server, ...parties)]
  const ledger: Ledger = {
    registered: new Map(),
    unsureNames: new Set(),
    answered: new Map(),
    unsureMessages: new Map(),
  }

  for (let round = 0; round < KILLS; round += 1) {
    const senders = await Promise.all(
      [alice, bob].map(async (user) => ({ user, client: await connect(t, server, user) })),
    )
    const working = [
      keepRegistering(server, ledger, `r${round}`),
      ...senders.map((party) => keepSending(party, ledger, conversations, random)),
    ]
    await setTimeout(random() * ALIVE_MS)
    running.child.kill('SIGKILL')
    t.match(await running.ended, { signal: 'SIGKILL', stderr: '' }, `kill ${round + 1}`)
    await Promise.all(working)
    running = await serve(t, { directory, command, environment })
  }

  await everythingAnsweredIsThere(t, server, ledger, [alice, bob])
  const client = await connect(t, server, alice)
  const seen = new Map<string, number>()
  for (const conversation of conversations) {
    const events = await logOf(client, conversation)
    t.same(
      events.findIndex(({ seq }, index) => seq !== index + 1),
      -1,
      'no holes',
    )
    for (const { type, messageId, seq, payload } of events) {
      if (type !== 'message') continue
      if (seen.has(messageId)) t.fail(`${messageId} is there twice`)
      seen.set(messageId, seq)
      const known = ledger.answered.get(messageId) ?? ledger.unsureMessages.get(messageId)
      if (known?.payload !== payload || known.conversation !== conversation) t.fail(`nobody sent ${messageId} so`)
    }
  }
  const lost = [...ledger.answered.values()].filter(({ messageId, seq }) => seen.get(messageId) !== seq)
  t.same(lost, [], 'every answered message has its seq')
  t.comment(`${ledger.registered.size} registered, ${ledger.unsureNames.size} unsure; ${seen.size} messages`)
  t.ok(ledger.registered.size > 0 && ledger.answered.size > KILLS)
  running.child.kill('SIGTERM')
  t.match(await running.ended, { code: 0, stderr: '' })
})
