import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer, get } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { loadConfig } from '../../../src/config.js'
import { listenPrivately } from '../../../src/server/admin/socket.js'
import { ownedBy, socketAddress, socketPath } from '../../../src/server/admin/socket-address.js'

function app(t: Test): FastifyInstance {
  // As buildHttpApp makes its server, which Fastify then closes only if it has listened itself.
  const app = Fastify({ serverFactory: (handler) => createHttpServer(handler) })
  app.get('/', async () => 'here')
  t.teardown(() => app.close())
  return app
}

async function answer(socket: string): Promise<string> {
  const address = socketAddress(socket)
  const [incoming] = await once(get({ socketPath: address.name, path: '/', agent: false }), 'response')
  address.release()
  return text(incoming)
}

const scene = (t: Test) => join(t.testdir(), 'hermes.db.sock')
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

t.test(
  'the socket is its owner’s alone from the first moment on, whatever the umask, and goes with the server',
  async (t) => {
    const path = scene(t)
    const before = process.umask(0)
    t.teardown(() => process.umask(before))
    const server = app(t)
    const listen = server.server.listen.bind(server.server)
    let atOnce = ''
    server.server.listen = ((name: string) => {
      const listening = listen(name)
      atOnce = mode(path)
      return listening
    }) as typeof server.server.listen
    await listenPrivately(server, path)
    t.equal(atOnce, '600', 'when it appears')
    t.equal(mode(path), '600')
    t.equal(process.umask(0), 0, 'the umask is as it was')
    t.equal(await answer(path), 'here')
    await server.close()
    t.notOk(existsSync(path))
  },
)

t.test('what a dead server left is replaced; a living one is not', async (t) => {
  const path = scene(t)
  await leaveSocket(path)
  t.ok(statSync(path).isSocket())
  const living = app(t)
  await listenPrivately(living, path)
  t.equal(await answer(path), 'here')
  await t.rejects(listenPrivately(app(t), path), { code: 'unavailable', message: /in use by another process/ })
  t.equal(await answer(path), 'here', 'the first one is not disturbed')
})

/** A process that is killed leaves its socket. */
async function leaveSocket(path: string): Promise<void> {
  const program = 'require("node:net").createServer().listen(process.argv[1], () => process.stdout.write("."))'
  const [folder, name] = [dirname(path), basename(path)]
  const child = spawn(process.execPath, ['-e', program, name], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
}

const isRoot = process.getuid?.() === 0

t.test('another user of the machine', { skip: !isRoot && 'only root can become another' }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hermes-socket-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await chmod(folder, 0o755)
  const path = join(folder, 'hermes.db.sock')
  await listenPrivately(app(t), path)
  const program = `
    process.setuid(65534)
    require('node:net').connect(process.argv[1])
      .on('connect', () => console.log('connected'))
      .on('error', (error) => console.log(error.code))`
  const child = spawn(process.execPath, ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.equal((await text(child.stdout)).trim(), 'EACCES')
})

t.test('a file in its place is not touched, nor is one made where there is no folder', async (t) => {
  const path = scene(t)
  writeFileSync(path, 'precious')
  await t.rejects(listenPrivately(app(t), path), { code: 'invalid_request', message: /is no socket/ })
  t.equal(statSync(path).size, 8)
  const missing = `${path}-folder/hermes.db.sock`
  await t.rejects(listenPrivately(app(t), missing), {
    code: 'invalid_request',
    message: /(ENOENT|EACCES).*HERMES_DATABASE_URL/,
  })
})

t.test(
  'a path of any length will do',
  { skip: !existsSync('/proc/self/fd') && 'only where folders have numbers' },
  async (t) => {
    const folder = join(t.testdir(), 'x'.repeat(200), 'y'.repeat(200))
    mkdirSync(folder, { recursive: true })
    const path = join(folder, 'hermes.db.sock')
    await leaveSocket(path)
    const server = app(t)
    await listenPrivately(server, path)
    t.equal(mode(path), '600')
    t.equal(await answer(path), 'here')
    await server.close()
    t.notOk(existsSync(path))
  },
)

t.test('it lies beside the database, by the shorter of its two names', async (t) => {
  t.equal(socketPath(loadConfig({})), resolve('data/hermes.db.sock'))
  t.equal(socketAddress(resolve('data/hermes.db.sock')).name, 'data/hermes.db.sock')
  t.equal(socketAddress(socketPath(loadConfig({ HERMES_DATABASE_URL: 'file:/x.db' }))).name, '/x.db.sock')
})

t.test('with PostgreSQL it lies beside the certificates; either way the operator may say where', async (t) => {
  const postgres = { HERMES_DATABASE_URL: 'postgresql://db.example/hermes', HERMES_CERTS_DIR: '/srv/certs' }
  t.equal(socketPath(loadConfig(postgres)), '/srv/certs/admin.sock')
  t.equal(ownedBy(loadConfig(postgres)), '/srv/certs')
  for (const variables of [postgres, {}])
    t.equal(socketPath(loadConfig({ ...variables, HERMES_ADMIN_SOCKET: '/run/hermes.sock' })), '/run/hermes.sock')
})
