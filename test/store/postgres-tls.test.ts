import { once } from 'node:events'
import { chmod, readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { openssl } from '../support/openssl.js'
import { NO_POSTGRES, testDatabase } from './postgres-database.js'

/** A self-signed certificate, which is its own root, and its key: files in `directory`. */
async function certificate(directory: string, name: string, hosts: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const extension = ['-addext', `subjectAltName=${hosts}`]
  const { code, output } = await openssl(
    {},
    ...['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`, ...extension],
  )
  if (code !== 0) throw new Error(output)
  await chmod(key, 0o600)
  return { cert, key }
}

/** PostgreSQL behind TLS, as it is spoken there: eight bytes that ask for it, `S`, and then TLS. */
async function tlsFront(t: Test, target: string, secureContext: SecureContext, clients: string[]): Promise<URL> {
  const { hostname, port } = new URL(target)
  const server = createServer((socket) => void serve(socket).catch(() => socket.destroy()))
  const serve = async (socket: Socket) => {
    socket.on('error', () => {})
    await once(socket, 'readable')
    socket.read(8)
    socket.write('S')
    const tls = new TLSSocket(socket, { isServer: true, secureContext, requestCert: true, rejectUnauthorized: false })
    tls.on('error', () => {})
    await once(tls, 'secure')
    clients.push(String(tls.getPeerCertificate().subject?.CN))
    const far = connect(Number(port), hostname)
    far.on('error', () => {})
    tls.pipe(far).pipe(tls)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise((resolve) => server.close(resolve)))
  const front = new URL(target)
  front.port = String((server.address() as AddressInfo).port)
  return front
}

const withParameters = (url: URL, parameters: Readonly<Record<string, string>>): string => {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value)
  return changed.href
}

t.test(
  'TLS to PostgreSQL: who it is is verified, by name and root, or nothing is said',
  { skip: NO_POSTGRES },
  async (t) => {
    const directory = t.testdir()
    const [server, stranger, node] = await Promise.all([
      certificate(directory, 'server', 'IP:127.0.0.1'),
      certificate(directory, 'stranger', 'DNS:db.example'),
      certificate(directory, 'node', 'DNS:node'),
    ])
    const contextOf = async ({ cert, key }: typeof server) =>
      createSecureContext({ cert: await readFile(cert), key: await readFile(key) })
    const database = await testDatabase(t)
    const clients: string[] = []
    const front = await tlsFront(t, database, await contextOf(server), clients)
    const full = { sslmode: 'verify-full', sslrootcert: server.cert }

    const store = await openPostgresStore({ url: withParameters(front, full) })
    await store.check()
    await store.close()
    t.same(new Set(clients.splice(0)), new Set(['undefined']))

    const known = await openPostgresStore({
      url: withParameters(front, { ...full, sslcert: node.cert, sslkey: node.key }),
    })
    await known.close()
    t.same(new Set(clients.splice(0)), new Set(['node']), 'it shows the certificate that it is given')

    const refused = { code: 'unavailable', message: /cannot be trusted.*check sslrootcert and the host name/ }
    const other = withParameters(front, { ...full, sslrootcert: stranger.cert })
    await t.rejects(openPostgresStore({ url: other }), refused, 'of another root')
    const misnamed = await tlsFront(t, database, await contextOf(stranger), clients)
    const named = withParameters(misnamed, { ...full, sslrootcert: stranger.cert })
    await t.rejects(openPostgresStore({ url: named }), refused, 'of another name')
    const plain = withParameters(new URL(database), full)
    const [store_] = await Promise.allSettled([openPostgresStore({ url: plain })])
    t.equal(store_?.status, 'rejected', 'whoever does not speak TLS, or is not known, gets no password')
  },
)
