import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import t from 'tap'
import { refusedUpgrade } from '../../support/hub-client.js'
import { startServer } from '../../support/server.js'
import { ask, open, sessionOf } from '../../support/tls-session.js'
import { registerUser } from '../../support/user.js'

const server = await startServer(t)
const alice = await registerUser(server, 'alice')

t.test('a TLS ticket of the identity listener opens nothing on the hub', async (t) => {
  const ca = server.rootPem
  const { session } = await sessionOf(t, server.identityUrl, { ca })
  const again = await open(t, server.identityUrl, { ca, session })
  t.equal(again.isSessionReused(), true, 'where it comes from it is good')
  again.destroy()

  const withoutCertificate = await open(t, server.hubUrl, { ca, session })
  t.equal(withoutCertificate.isSessionReused(), false)
  const refused = await ask(withoutCertificate, '/me')
  t.equal(refused.status, 403)
  t.equal(refused.json().code, 'certificate_required')
})

t.test('a session of the hub goes on, and still knows its certificate', async (t) => {
  const { session, socket: first } = await sessionOf(t, server.hubUrl, alice.tls)
  t.equal((await ask(first, '/me')).status, 200)
  // The certificate is not sent again: it comes with the ticket.
  const socket = await open(t, server.hubUrl, { ca: server.rootPem, session })
  t.equal(socket.isSessionReused(), true)
  const me = await ask(socket, '/me')
  t.equal(me.status, 200)
  t.match(me.json(), { identity: { username: 'alice', fingerprint: alice.fingerprint } })
})

t.test('a session of the hub without a certificate stays without', async (t) => {
  const ca = server.rootPem
  const { session, socket } = await sessionOf(t, server.hubUrl, { ca })
  t.equal((await ask(socket, '/me')).status, 403)
  const resumed = await open(t, server.hubUrl, { ...alice.tls, session })
  t.equal(resumed.isSessionReused(), true)
  t.equal((await ask(resumed, '/me')).status, 403)
})

t.test(
  'TLS 1.2 of the hub is for EST alone, without renegotiation, and there is nothing older or weaker',
  async (t) => {
    const { port } = new URL(server.hubUrl)
    const dial = (options: ConnectionOptions) => {
      const socket = connect({ port: Number(port), host: '127.0.0.1', ...alice.tls, ...options })
      t.teardown(() => socket.destroy())
      return socket
    }
    const asked = async (path: string) => {
      const socket = dial({ maxVersion: 'TLSv1.2' })
      await once(socket, 'secureConnect')
      t.match(socket.getCipher(), { name: /^ECDHE-ECDSA-/, version: 'TLSv1.2' })
      return ask(socket, path)
    }
    t.equal((await asked('/.well-known/est/cacerts')).status, 200)
    t.match((await asked('/me')).json(), { code: 'invalid_request', detail: /TLS 1\.3/ })
    const upgrade = await refusedUpgrade(server, { tls: { ...alice.tls, maxVersion: 'TLSv1.2' } })
    t.match(upgrade.json(), { code: 'invalid_request', detail: /TLS 1\.3/ })
    const again = dial({ maxVersion: 'TLSv1.2' })
    await once(again, 'secureConnect')
    const renegotiated = new Promise((resolve) => {
      again.once('error', resolve)
      again.once('close', resolve)
      again.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error ?? 'renegotiated'))
    })
    t.not(await renegotiated, 'renegotiated')
    for (const weak of [
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384' },
    ] as const) {
      const handshake: Promise<unknown> = once(dial(weak), 'secureConnect')
      await t.rejects(handshake)
    }
  },
)
