import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Account, Conversation, HermesClient, Invitation, People, SentInvitation } from '../../src/client/index.js'
import { temporaryFolder } from '../support/serve-process.js'
import { startServer } from '../support/server.js'
import { type Example, examplesOf, runText } from './examples.js'
import { clientOf, type TestClient, talkOf } from './live/clients.js'

const SECRETS = { password: 'a long server password', keyPassword: 'a second password' }
const QUIET = { log: () => true }

const server = await startServer(t)
const { identityUrl: url, rootFingerprint } = server
const values = { HermesClient, url, rootFingerprint, console: QUIET }
let count = 0

const nextName = () => `user-${++count}`
const newUser = (t: Test) => clientOf(t, server, nextName(), { password: SECRETS.password })

async function joined(t: Test) {
  const directory = join(await temporaryFolder(t), 'state')
  const client = await HermesClient.join({ directory, url, rootFingerprint })
  t.teardown(() => client.close())
  return { client, directory, username: nextName() }
}

async function connected(t: Test, username = nextName()): Promise<TestClient> {
  const user = await clientOf(t, server, username, { password: SECRETS.password })
  await user.client.connect()
  return user
}

/** Whatever he is invited to, he accepts. */
async function accepting(t: Test, username: string): Promise<TestClient> {
  const user = await connected(t, username)
  void (async () => {
    for await (const invitation of user.client.invitations()) await invitation.accept()
  })()
  return user
}

async function runEach(t: Test, examples: readonly Example[], fixture: (method: string) => object | Promise<object>) {
  for (const { method, text } of examples)
    await t.resolves(
      Promise.resolve(fixture(method)).then((more) => runText(text, { ...values, ...more })),
      method,
    )
}

const LIVE = ['connect', 'start', 'conversations', 'conversation', 'invitations'].map((name) => `hermes-client.${name}`)
const clientExamples = ['account', 'people', 'hermes-client'].flatMap(examplesOf)

t.test('a client, its account, and people', async (t) => {
  await clientOf(t, server, 'bob')
  const { client } = await newUser(t)
  const fixtures: Readonly<Record<string, () => Promise<object>>> = {
    'hermes-client.join': async () => ({ directory: join(await temporaryFolder(t), 'state') }),
    'hermes-client.register': () => joined(t),
    'hermes-client.open': async () => {
      const closed = await newUser(t)
      await closed.client.close()
      return closed
    },
    'hermes-client.login': async () => {
      const first = await joined(t)
      await first.client.register({ username: first.username, ...SECRETS })
      return { ...(await joined(t)), username: first.username }
    },
    'account.revoke': () => newUser(t),
    'account.changePassword': () => newUser(t),
    'hermes-client.close': () => newUser(t),
  }
  const examples = clientExamples.filter(({ method }) => !LIVE.includes(method))
  await runEach(t, examples, (method) => fixtures[method]?.() ?? { client, username: client.username })
})

t.test('conversations and invitations', async (t) => {
  const [alice, bob] = [await connected(t, 'alice'), await connected(t, 'ben')]
  await Promise.all(['carol', 'bot'].map((name) => (name === 'bot' ? accepting(t, name) : clientOf(t, server, name))))
  const [conversation, theirs] = await talkOf(alice, bob)
  await theirs.send('there is something to read')
  const invited = async () => {
    const talk = await alice.client.start(['ben'])
    const { value: invitation } = await bob.client.invitations().next()
    return { talk, invitation }
  }
  await runEach(t, examplesOf('live/conversation'), () => ({ conversation }))
  await runEach(t, examplesOf('live/invitation'), invited)
  await runEach(t, examplesOf('live/sent-invitation'), async (method) => {
    const talk = await alice.client.start([method === 'live/sent-invitation.cancel' ? 'carol' : 'bot'])
    if (method !== 'live/sent-invitation.confirm') return { sent: talk.invitations[0] }
    return { sent: await (await alice.client.start(['carol'])).invite('bot', { autoConfirm: false }) }
  })
  await alice.client.start(['ben'])
  const live = clientExamples.filter(({ method }) => LIVE.includes(method))
  await runEach(t, live, (method) => ({
    conversation,
    client: method === 'hermes-client.invitations' ? bob.client : alice.client,
  }))
})

t.test('every public method has an example', async (t) => {
  const files = ['live/conversation', 'live/invitation', 'live/sent-invitation']
  const known = [...clientExamples, ...files.flatMap(examplesOf)].map(({ method }) => method.split('.')[1])
  const owners = [HermesClient, People, Account, Conversation, Invitation, SentInvitation]
  const methods = owners.flatMap(({ prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) => (value ? [name] : [])),
  )
  t.same(
    methods.filter((name) => !known.includes(name) && name !== 'constructor'),
    [],
  )
  t.ok(['join', 'open'].every((name) => known.includes(name)))
})

t.test('the guide runs as it is printed', async (t) => {
  const guide = readFileSync(new URL('../../docs/sdk.md', import.meta.url), 'utf8')
  const [begin = '', later = '', talk = '', ...rest] = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, text = '']) => text,
  )
  t.same(rest, [])
  const own = await startServer(t)
  const { client: bob } = await clientOf(t, own, 'bob')
  const printed: unknown[][] = []
  const log = (...words: unknown[]) => void printed.push(words)
  const directory = join(await temporaryFolder(t), 'state')
  const place = {
    HermesClient,
    url: own.identityUrl,
    rootFingerprint: own.rootFingerprint,
    directory,
    console: { log },
  }
  await runText(begin, place)
  await runText(later, place)
  const alice = await HermesClient.open({ directory })
  t.teardown(() => alice.close())
  await runText(talk, { ...place, alice, bob })
  t.match(printed, [
    ['alice', /^sha256:/],
    ['alice', /^device-/, /Z$/],
    [`alice invites, under ${alice.fingerprint}`],
    ['bob: hello, alice'],
  ])
})
