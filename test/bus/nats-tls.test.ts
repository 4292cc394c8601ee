import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createThrowawayTls } from '../server/throwaway-tls.js'
import { natsServer, noNatsServer } from '../support/nats-server.js'
import { wake } from './contract.js'
import { node, nodes, until } from './nats-fixture.js'

const skip = noNatsServer

/** A certificate and its key as files. */
function pairIn(directory: string, name: string) {
  const { key, cert } = createThrowawayTls()
  const [certFile, keyFile] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
  return { certFile, keyFile }
}

t.test('over TLS, with certificates of both sides', { skip }, async (t) => {
  const directory = t.testdir()
  const [server, client, other] = [pairIn(directory, 'server'), pairIn(directory, 'client'), pairIn(directory, 'other')]
  const tls = ['--tls', '--tlscert', server.certFile, '--tlskey', server.keyFile]
  const { port } = await natsServer(t, ...tls, '--tlsverify', '--tlscacert', client.certFile)
  const servers = [`tls://localhost:${port}`]

  const [here, there] = await nodes(t, 2, { servers, caFile: server.certFile, ...client })
  await there?.bus.follow('conversation.1')
  here?.bus.publish(wake)
  await until(() => there?.heard.wakes.length === 1, 'the event')

  const refused = {
    'a server that nobody vouches for': { servers, caFile: other.certFile, ...client },
    'no certificate of the client': { servers, caFile: server.certFile },
    'one that the server does not know': { servers, caFile: server.certFile, ...other },
    'a file that is not there': { servers, caFile: '/nonexistent/ca.pem', ...client },
  }
  for (const [name, choices] of Object.entries(refused)) {
    const { bus, notes } = node(t, choices)
    await until(() => notes.lines.length > 0, name)
    t.match(notes.lines, [/^NATS is away \(.+\)/], name)
    t.equal(bus.isAway, true)
  }
})

t.test('tls:// is not talked out of it', { skip }, async (t) => {
  const plain = await natsServer(t)
  const { bus, notes } = node(t, { servers: [`tls://localhost:${plain.port}`] })
  await until(() => notes.lines.length > 0, 'a word')
  t.match(notes.lines, [/^NATS is away \(.*does not support 'tls'\)/])
  t.equal(bus.isAway, true)
})

t.test('with user and password', { skip }, async (t) => {
  const { port } = await natsServer(t, '--user', 'her mes', '--pass', 'p@ss:word')
  const [here] = await nodes(t, 1, { servers: [`nats://her%20mes:p%40ss%3Aword@127.0.0.1:${port}`] })
  t.equal(here?.bus.isAway, false)
  const { notes } = node(t, { servers: [`nats://hermes:wrong-one@127.0.0.1:${port}`] })
  await until(() => notes.lines.length > 0, 'a word')
  t.match(notes.lines, [/^NATS is away \(.*[Aa]uthorization/])
  t.notMatch(notes.lines.join(), /wrong-one|hermes:/, 'which has no password')
})
