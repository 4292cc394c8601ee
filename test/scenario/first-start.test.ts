import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, rename, stat } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { NO_POSTGRES, testDatabase } from '../store/postgres-database.js'
import { request } from '../support/https.js'
import { connect } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import { registerUser, registerUsers } from '../support/user.js'

// The command takes seconds to start, and more where a machine has other work.
t.setTimeout(240_000)

/** File → digest and mode of all that is in a folder. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort()
  const entries = names.map(async (name) => {
    const { mode } = await stat(join(folder, name))
    const digest = createHash('sha256').update(await readFile(join(folder, name)))
    return [name, `${(mode & 0o777).toString(8)} ${digest.digest('hex')}`] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

t.test('the first start makes everything, the second reuses it, and the root key may go', async (t) => {
  const directory = await temporaryFolder(t)
  const first = await serve(t, { directory })
  t.match(first.stdout, /new certificate authority/)
  t.match(first.identityUrl, /^https:\/\/localhost:\d+$/)
  t.match(first.hubUrl, /^https:\/\/localhost:\d+$/)
  const server = await asTestServer(first, directory)
  const root = new X509Certificate(server.rootPem)
  t.equal(first.rootFingerprint, `sha256:${root.fingerprint256.replaceAll(':', '').toLowerCase()}`)
  const certs = await contents(server.certsDir)
  const names = ['root-ca', 'server', 'servers-ca', 'users-ca'].flatMap((name) => [`${name}.key`, `${name}.pem`])
  t.same(Object.keys(certs).sort(), [...names, 'root-ca.crl', '.lock'].sort())
  t.equal(((await stat(server.certsDir)).mode & 0o777).toString(8), '700')
  for (const name of names) t.match(certs[name], name.endsWith('.key') ? /^600 / : /^6[04][04] /, name)
  t.ok((await readdir(join(directory, 'data'))).includes('hermes.db'))
  const known = await request(`${first.identityUrl}/.well-known/hermes`, { ca: server.rootPem })
  t.match(known.json(), {
    identityUrl: first.identityUrl,
    hubUrl: first.hubUrl,
    rootFingerprint: first.rootFingerprint,
  })
  const alice = await registerUser(server, 'alice')

  const client = await connect(t, server, alice)
  first.child.kill('SIGTERM')
  t.match(await client.whenClosed(), { code: 1012 }, 'clients hear of it')
  t.match(client.frames.at(-1), { method: 'draining', params: { reconnectAfterMs: Number } })
  t.match(await first.ended, { code: 0, signal: null, stderr: '' })

  await rename(join(server.certsDir, 'root-ca.key'), join(directory, 'root-ca.key'))
  const second = await serve(t, { directory })
  t.equal(second.rootFingerprint, first.rootFingerprint)
  t.notMatch(second.stdout, /new certificate authority/)
  const { 'root-ca.key': _, ...others } = certs
  t.same(await contents(server.certsDir), others, 'byte for byte')
  const again = await asTestServer(second, directory)
  const fetched = await request(`${second.identityUrl}/fetch/alice`, { ca: server.rootPem })
  t.equal(fetched.json().certificate, alice.certificate)
  t.match(await (await connect(t, again, alice)).notification('hello'), { user: 'alice' })

  second.child.kill('SIGTERM')
  await setTimeout(1)
  second.child.kill('SIGTERM')
  t.match(await second.ended, { code: 0, signal: null }, 'a signal that comes twice is one')
})

t.test('a server that stops ends, though NATS takes connections and says nothing', { skip: NO_POSTGRES }, async (t) => {
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  let connections = 0
  const second = new Promise<void>((resolve) => {
    silent.on('connection', (socket) => {
      socket.on('error', () => undefined)
      connections += 1
      if (connections === 2) resolve()
    })
  })
  const environment = {
    HERMES_DATABASE_URL: await testDatabase(t),
    HERMES_NATS_URL: `nats://127.0.0.1:${port}`,
    HERMES_DRAIN_SECONDS: '0',
  }
  const started = await serve(t, { directory: await temporaryFolder(t), environment })
  await second
  started.child.kill('SIGTERM')
  t.match(await started.ended, { code: 0, signal: null })
})

t.test('a second signal, a while later, does not wait for the clients', async (t) => {
  const directory = await temporaryFolder(t)
  const started = await serve(t, { directory, environment: { HERMES_DRAIN_SECONDS: '3600' } })
  const server = await asTestServer(started, directory)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const clients = [await connect(t, server, alice), await connect(t, server, bob)]
  started.child.kill('SIGINT')
  for (const client of clients) await client.notification('draining')
  await setTimeout(1100)
  started.child.kill('SIGINT')
  t.match(await started.ended, { code: 1, signal: null })
})
