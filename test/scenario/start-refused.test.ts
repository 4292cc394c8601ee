import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import { HermesError } from '../../src/errors.js'
import { start } from '../../src/server/start.js'
import { type Ended, serve, serveInVain, temporaryFolder } from '../support/serve-process.js'

const run = promisify(execFile)

// The command takes seconds to start, and more where a machine has other work.
t.setTimeout(240_000)

const original = await temporaryFolder(t)
const first = await serve(t, { directory: original })
first.child.kill('SIGTERM')
await first.ended

/** A copy of an installation. */
async function installation(t: Test): Promise<string> {
  const directory = await temporaryFolder(t)
  await cp(original, directory, { recursive: true })
  return directory
}

/** One line on stderr that names what is wrong and what to do; nothing on stdout; exit code 1. */
function isRefused(t: Test, { code, stdout, stderr }: Ended, ...words: readonly RegExp[]) {
  t.equal(code, 1, 'exit code')
  t.equal(stdout, '')
  t.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  t.match(stderr, /^hermes: /)
  for (const word of words) t.match(stderr, word)
}

async function snapshot(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(join(directory, 'certs'))).sort()
  const texts = names.map(async (name) => [name, await readFile(join(directory, 'certs', name), 'latin1')] as const)
  return Object.fromEntries(await Promise.all(texts))
}

interface Damage {
  readonly what: string
  readonly does: (certs: string) => Promise<unknown>
  readonly says: readonly RegExp[]
}

const RESTORE = /restore/
const DAMAGES: readonly Damage[] = [
  {
    what: 'a missing certificate',
    does: (certs) => rm(join(certs, 'users-ca.pem')),
    says: [/users-ca\.pem/, /missing/, RESTORE],
  },
  { what: 'a missing key', does: (certs) => rm(join(certs, 'servers-ca.key')), says: [/servers-ca\.key/, RESTORE] },
  { what: 'the root missing', does: (certs) => rm(join(certs, 'root-ca.pem')), says: [/root-ca\.pem/, RESTORE] },
  {
    what: 'an empty file',
    does: (certs) => writeFile(join(certs, 'users-ca.pem'), ''),
    says: [/users-ca\.pem/, RESTORE],
  },
  {
    what: 'a half-written file',
    does: async (certs) => {
      const text = await readFile(join(certs, 'users-ca.key'), 'utf8')
      await writeFile(join(certs, 'users-ca.key'), text.slice(0, text.length / 2))
    },
    says: [/users-ca\.key/, RESTORE],
  },
  {
    what: "another CA's key",
    does: (certs) => cp(join(certs, 'servers-ca.key'), join(certs, 'users-ca.key')),
    says: [/users-ca\.key/, RESTORE],
  },
  {
    what: "another CA's certificate",
    does: (certs) => cp(join(certs, 'servers-ca.pem'), join(certs, 'users-ca.pem')),
    says: [/users-ca\.pem/, RESTORE],
  },
  {
    what: "the server's key alone missing",
    does: (certs) => rm(join(certs, 'server.key')),
    says: [/server\.key/, /remove the other|restore/],
  },
  {
    what: 'a server certificate of a foreign CA',
    does: (certs) =>
      run('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'],
        ...['-keyout', join(certs, 'server.key'), '-out', join(certs, 'server.pem')],
      ]),
    says: [/server\.pem/, /not issued by servers-ca/],
  },
  {
    what: 'every file gone, though the database knows a CA',
    does: async (certs) => {
      await rm(certs, { recursive: true })
      await mkdir(certs)
    },
    says: [/certs/, /database/, RESTORE],
  },
]

/** Starts without a process of its own, which takes seconds; `hermes` writes the message of the error and exits 1. */
async function startInVain(directory: string): Promise<Ended> {
  const config = loadConfig({
    HERMES_IDENTITY_PORT: '0',
    HERMES_HUB_PORT: '0',
    HERMES_CERTS_DIR: join(directory, 'certs'),
    HERMES_DATABASE_URL: `file:${join(directory, 'data', 'hermes.db')}`,
  })
  const outcome = await start(config, { logger: pino({ level: 'silent' }) }).catch((error: unknown) => error)
  if (!(outcome instanceof HermesError)) throw new Error(`it started, or failed otherwise: ${String(outcome)}`)
  return { code: 1, signal: null, stdout: '', stderr: `hermes: ${outcome.message}\n` }
}

for (const { what, does, says } of DAMAGES)
  t.test(what, async (t) => {
    const directory = await installation(t)
    await does(join(directory, 'certs'))
    const before = await snapshot(directory)
    isRefused(t, await startInVain(directory), ...says)
    t.same(await snapshot(directory), before, 'nothing is overwritten')
  })

t.test('the command says it in one line, and exits with 1', async (t) => {
  const directory = await installation(t)
  await rm(join(directory, 'certs', 'users-ca.pem'))
  const before = await snapshot(directory)
  isRefused(t, await serveInVain(t, { directory }), /users-ca\.pem/, /missing/, RESTORE)
  t.same(await snapshot(directory), before, 'nothing is overwritten')
})

t.test('a port in use', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  t.teardown(() => blocker.close())
  const port = String((blocker.address() as AddressInfo).port)
  const directory = await installation(t)
  const environment = { HERMES_HUB_PORT: port }
  isRefused(t, await serveInVain(t, { directory, environment }), /HERMES_HUB_PORT/, new RegExp(port), /in use/)
})

t.test('folders that cannot be written', async (t) => {
  // A folder under a file can be made by nobody, root included.
  const directory = await temporaryFolder(t)
  await writeFile(join(directory, 'file'), '')
  const certs = { HERMES_CERTS_DIR: join(directory, 'file', 'certs') }
  isRefused(t, await serveInVain(t, { directory, environment: certs }), /file\/certs/, /ENOTDIR/)
  const database = { HERMES_DATABASE_URL: `file:${join(directory, 'file', 'hermes.db')}` }
  isRefused(t, await serveInVain(t, { directory, environment: database }), /HERMES_DATABASE_URL|hermes\.db/)
})

t.test('a database that is none', async (t) => {
  const directory = await installation(t)
  await writeFile(join(directory, 'data', 'hermes.db'), 'these are not the pages of a database'.repeat(200))
  isRefused(t, await serveInVain(t, { directory }), /hermes\.db|HERMES_DATABASE_URL/)
})

t.test('a database that is cut off, or of a newer program', async (t) => {
  const directory = await installation(t)
  const path = join(directory, 'data', 'hermes.db')
  const whole = await readFile(path)
  await writeFile(path, whole.subarray(0, whole.length / 2))
  isRefused(t, await startInVain(directory), /hermes\.db/, /damaged/, RESTORE)
  await writeFile(path, whole)
  const database = new Database(path)
  database.prepare('UPDATE "Meta" SET "schemaVersion" = 99').run()
  database.close()
  isRefused(t, await startInVain(directory), /hermes\.db/, /newer than this program's/, /run the newer program|restore/)
})

t.test('variables', async (t) => {
  const directory = await installation(t)
  const cases: readonly (readonly [name: string, value: string, says: RegExp])[] = [
    ['HERMES_BCRYPT_COST', '4', /from 10 to 15/],
    ['HERMES_COLOUR', 'red', /no variable of Hermes/],
    ['HERMES_HOST', '203.0.113.1', /not at an address of this machine/],
    ['HERMES_TRUST_DOMAIN', 'other.example', /HERMES_TRUST_DOMAIN=/],
  ]
  for (const [name, value, says] of cases)
    isRefused(t, await serveInVain(t, { directory, environment: { [name]: value } }), new RegExp(name), says)
})

t.test('NATS without a database that other nodes can have', async (t) => {
  const directory = await temporaryFolder(t)
  const ended = await serveInVain(t, { directory, environment: { HERMES_NATS_URL: 'nats://hermes:s3cret@127.0.0.1' } })
  isRefused(t, ended, /HERMES_NATS_URL/, /HERMES_DATABASE_URL=file:\.\/data\/hermes\.db/, /unset .*postgresql:\/\//)
  t.notMatch(ended.stderr, /s3cret/)
  t.same(await readdir(directory), [], 'nothing is made')
})
