import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildCommand } from '../support/build.js'
import { connect } from '../support/hub-client.js'
import { shown } from '../support/public-parts.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import type { TestServer } from '../support/server.js'
import { registerUser } from '../support/user.js'

t.setTimeout(300_000)

const PAGE = readFileSync('docs/operations.md', 'utf8')
/** A running server looks into its folder so often, and this long for a machine that is busy. */
const TAKEN_MS = 60_000

/** The commands under a heading, as they are printed. */
function commandsOf(heading: string): string {
  const [, section = ''] = PAGE.split(new RegExp(`^#+ ${heading}$`, 'm'))
  const [own = ''] = section.split(/^#+ /m)
  const blocks = Array.from(own.matchAll(/```sh\n([\s\S]*?)```/g), ([, block = '']) => block)
  if (blocks.length === 0) throw new Error(`${heading} has no commands`)
  return blocks.join('')
}

/** A server that runs in a folder, and a shell there in which `hermes` is this program. */
async function place(t: Test, command: string) {
  const directory = await temporaryFolder(t)
  const vault = join(directory, 'vault')
  await mkdir(vault)
  const running = await serve(t, { directory })
  const server = await asTestServer(running, directory)
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HERMES_'))
  const ports = {
    HERMES_IDENTITY_PORT: new URL(server.identityUrl).port,
    HERMES_HUB_PORT: new URL(server.hubUrl).port,
  }
  const env = { ...Object.fromEntries(inherited), ...ports }
  const follow = (heading: string, more: Readonly<Record<string, string>> = {}) =>
    new Promise<string>((resolve, reject) => {
      const commands = commandsOf(heading).replaceAll('/media/vault', vault)
      const hermes = `hermes() { ${process.execPath} ${command} "$@"; }\n`
      execFile(
        'bash',
        ['-euc', hermes + commands],
        { cwd: directory, env: { ...env, ...more } },
        (error, stdout, stderr) =>
          error === null ? resolve(stdout) : reject(new Error(`${error.message}${stdout}${stderr}`)),
      )
    })
  const stop = async () => {
    running.child.kill('SIGTERM')
    await running.ended
  }
  return { server, vault, directory, follow, stop }
}

const issuerOf = (pem: string) => new X509Certificate(pem).issuer

/** Registers one after another until the CA has this name. */
async function issuing(server: TestServer, name: string) {
  const deadline = Date.now() + TAKEN_MS
  for (let count = 0; ; count += 1) {
    const user = await registerUser(server, `user-${count}`)
    if (issuerOf(user.certificate) === name) return user
    if (Date.now() > deadline) throw new Error(`${name} issues nothing`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

t.test('the commands of docs/operations.md do what it says', async (t) => {
  const command = await buildCommand()

  await t.test('the root key goes, the CRL is made elsewhere, the next CA comes, keys leak', async (t) => {
    const { server, vault, directory, follow } = await place(t, command)
    const alice = await registerUser(server, 'alice')
    const moved = await follow('Moving the root key offline')
    t.match(moved, /ok +root key: it is not on this machine[\s\S]*No server has it yet/)
    t.notOk(existsSync(join(server.certsDir, 'root-ca.key')))
    t.ok(existsSync(join(vault, 'first-day', 'certs', 'root-ca.key')))
    t.same(readFileSync(join(server.certsDir, 'root-ca.crl')), readFileSync(join(vault, 'certs', 'root-ca.crl')))

    t.match(await follow('Rotating an intermediate'), /users-2 issues; users goes on for what it issued/)
    const next = await issuing(server, 'CN=Hermes Users CA 2')
    t.equal((await alice.call('GET', '/me')).status, 200)
    t.equal((await next.call('GET', '/me')).status, 200)

    const leaked = await follow("A user's")
    t.match(leaked, /Revoked of alice[\s\S]*keyCompromise/)
    t.match((await alice.call('GET', '/me')).json(), { code: 'certificate_revoked' })

    const before = await shown(server.hubUrl)
    t.match(await follow("The server's"), new RegExp(`Revoked +${before.serialNumber.toLowerCase()}`))
    t.not((await shown(server.hubUrl)).serialNumber, before.serialNumber)
    t.ok(existsSync(join(directory, 'data', 'hermes.db')))
  })

  await t.test('the key of the CA of users leaks', async (t) => {
    const { server, follow } = await place(t, command)
    const alice = await registerUser(server, 'alice')
    const live = await connect(t, server, alice)
    await follow('Moving the root key offline')
    await follow('That of a CA')
    t.match(await live.whenClosed(), { code: 4501 })
    await issuing(server, 'CN=Hermes Users CA 2')
    t.match((await alice.call('GET', '/me')).json(), { code: 'certificate_revoked' })
  })

  await t.test('the database moves, and users notice nothing', async (t) => {
    const { server, directory, follow, stop } = await place(t, command)
    const alice = await registerUser(server, 'alice')
    await stop()
    const url = 'file:moved/hermes.db'
    const moved = await follow('Moving to PostgreSQL, and back', { NEW_DATABASE_URL: url })
    t.match(moved, /in 21 tables: 1 users[\s\S]*Start the server[\s\S]*1/)
    const environment = {
      HERMES_DATABASE_URL: url,
      HERMES_IDENTITY_PORT: new URL(server.identityUrl).port,
      HERMES_HUB_PORT: new URL(server.hubUrl).port,
    }
    await serve(t, { directory, environment })
    t.equal((await alice.call('GET', '/me')).status, 200)
  })
})
