import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { acceptance, confirmation } from '../support/handshake.js'
import type { Fields } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { challenge, PASSWORD, userOf } from '../support/user.js'

const execute = promisify(execFile)

/** A package of its own, since a generator asks for an older compiler than ours. */
const FOLDER = resolve('test/interop/generated')
const DOCUMENT = fileURLToPath(new URL('../../openapi.yaml', import.meta.url))

/** A generator and an older compiler, one after another. */
const PATIENCE = { timeout: 300_000 }
t.setTimeout(PATIENCE.timeout)

const skip = !existsSync(join(FOLDER, 'node_modules')) && 'npm ci installs the generators'

type Story = (world: object) => Promise<readonly unknown[]>

const GENERATORS = [
  {
    name: 'openapi-fetch',
    command: (into: string) => ['openapi-typescript', DOCUMENT, '-o', join(into, 'schema.d.ts')],
  },
  {
    name: 'swagger-typescript-api',
    command: (into: string) => ['swagger-typescript-api', 'generate', '-p', DOCUMENT, '-o', into, '-n', 'api.ts'],
  },
]

/** Generates a client, compiles it with a story that uses it, and loads that. */
async function generated(t: Test, { name, command }: (typeof GENERATORS)[number]): Promise<Story> {
  // There what it imports is found, and nothing else looks.
  const folder = await mkdtemp(join(FOLDER, 'node_modules/.generated-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await execute('npx', command(folder), { cwd: FOLDER })
  for (const file of [`${name}-story.ts`, 'world.ts', 'tsconfig.json', 'package.json'])
    await copyFile(join(FOLDER, file), join(folder, file))
  await execute('npx', ['tsc', '-p', folder, '--outDir', join(folder, 'built')], { cwd: FOLDER })
  const built = join(folder, 'built', `${name}-story.js`)
  return ((await import(pathToFileURL(built).href)) as { readonly story: Story }).story
}

async function person(server: TestServer, username: string) {
  const key = await generateKey()
  const user = userOf(server, username, key, '', '')
  const csr = createCertificateRequest(key, username)
  return { user, told: { username, password: PASSWORD, csr, key: user.keyPem } }
}

async function worldOf(server: TestServer) {
  const [alice, bob] = await Promise.all([person(server, 'alice'), person(server, 'bob')])
  return {
    identityUrl: server.identityUrl,
    hubUrl: server.hubUrl,
    ca: server.rootPem,
    alice: alice.told,
    bob: bob.told,
    challenge,
    accept(invited: Fields) {
      const { challenge: own, signature } = acceptance(server, bob.user, invited)
      return { challenge: own, signature }
    },
    confirm: (invited: Fields, accepted: Fields) => ({
      signature: confirmation(server, alice.user, invited, accepted).signature,
    }),
  }
}

for (const generator of GENERATORS)
  t.test(
    `a client of ${generator.name} takes part in a conversation from beginning to end`,
    { ...PATIENCE, skip },
    async (t) => {
      const [story, server] = await Promise.all([generated(t, generator), startServer(t)])
      t.same(await story(await worldOf(server)), [
        'username_taken',
        'Hello bob',
        true,
        0,
        ['alice', 'bob'],
        ['joined', 'message'],
        'conversation_not_found',
        'bob: bye',
      ])
    },
  )
