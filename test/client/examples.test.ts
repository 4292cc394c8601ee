import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Account, HermesClient, People } from '../../src/client/index.js'
import { temporaryFolder } from '../support/serve-process.js'
import { startServer } from '../support/server.js'

const FILES = ['account', 'hermes-client', 'people']
const SECRETS = { password: 'a long server password', keyPassword: 'a second password' }
const AsyncFunction = (async () => undefined).constructor as new (
  ...text: string[]
) => (...values: unknown[]) => Promise<void>

interface Example {
  readonly method: string
  readonly text: string
}

/** Every doc comment with an example, and the name behind it. */
function examplesOf(file: string): readonly Example[] {
  const source = readFileSync(new URL(`../../src/client/${file}.ts`, import.meta.url), 'utf8')
  const pattern = /@example\n((?: {3}\* ?.*\n)+) {3}\*\/\n {2}(?:static )?(?:async )?(?:get )?(\w+)\(/g
  return [...source.matchAll(pattern)].map(([, text = '', method = '']) => ({
    method: `${file}.${method}`,
    text: text.replace(/^ {3}\* ?/gm, ''),
  }))
}

const server = await startServer(t)
const { identityUrl: url, rootFingerprint } = server
let count = 0

async function joined(t: Test, username?: string) {
  const directory = join(await temporaryFolder(t), 'state')
  const client = await HermesClient.join({ directory, url, rootFingerprint })
  t.teardown(() => client.close())
  if (username) await client.register({ username, ...SECRETS })
  return { client, directory, username: `user-${++count}` }
}

/** What the example of a method takes for granted. */
async function fixtureFor(t: Test, method: string) {
  if (method === 'hermes-client.join') return { directory: join(await temporaryFolder(t), 'state') }
  if (method === 'hermes-client.register') return joined(t)
  const { directory, client } = await joined(t, `user-${++count}`)
  if (method === 'hermes-client.open') await client.close()
  if (method !== 'hermes-client.login') return { client, directory, username: client.username }
  return { ...(await joined(t)), username: client.username }
}

t.test('the example of every public method runs', async (t) => {
  const bob = await joined(t, 'bob')
  t.ok(bob.client.fingerprint)
  const examples = FILES.flatMap(examplesOf)
  for (const { method, text } of examples) {
    const values = {
      HermesClient,
      url,
      rootFingerprint,
      ...(await fixtureFor(t, method)),
      console: { log: () => true },
    }
    const run = new AsyncFunction(...Object.keys(values), `{ ${text} }`)
    await t.resolves(run(...Object.values(values)), method)
  }
  const methods = [HermesClient, HermesClient.prototype, People.prototype, Account.prototype].flatMap((owner) =>
    Object.getOwnPropertyNames(owner),
  )
  const known = examples.map(({ method }) => method.split('.')[1])
  const undocumented = ['constructor', 'length', 'name', 'prototype', 'device', 'username', 'rootFingerprint']
  t.same(
    methods.filter((name) => !known.includes(name) && !undocumented.includes(name)),
    [],
    'each has one',
  )
})

t.test('the guide runs as it is printed', async (t) => {
  const guide = readFileSync(new URL('../../docs/sdk.md', import.meta.url), 'utf8')
  const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => `{ ${text} }`)
  t.equal(blocks.length, 2)
  const printed: unknown[][] = []
  const log = (...words: unknown[]) => void printed.push(words)
  const values = {
    HermesClient,
    url,
    rootFingerprint,
    directory: join(await temporaryFolder(t), 'state'),
    console: { log },
  }
  await new AsyncFunction(...Object.keys(values), blocks.join('\n'))(...Object.values(values))
  t.match(printed, [
    ['alice', /^sha256:/],
    ['alice', /^device-/, /Z$/],
  ])
})
