import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { probeNats } from '../../src/bus/nats/probe.js'
import { type NatsServer, natsServer, noNatsServer } from '../support/nats-server.js'
import { node, until } from './nats-fixture.js'

/** A NATS that lets its one user do what `permissions` says. */
async function natsWith(t: Test, permissions: string): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'hermes-nats-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'nats.conf')
  await writeFile(file, configuration(permissions))
  return natsServer(t, '--config', file)
}

const configuration = (permissions: string) =>
  `authorization { users = [{ user: hermes, password: secret, permissions: { ${permissions} } }] }\n`

const skip = { skip: noNatsServer }
const PREFIX = 'hermes.0123456789abcdef'

const GRANT = 'let the user of HERMES_NATS_URL publish and subscribe under hermes.>'

for (const [what, refused, permissions] of [
  ['say something', 'Publish to "hermes.0123456789abcdef.conversation.0"', 'publish: "other.>", subscribe: "hermes.>"'],
  ['hear something', 'Subscription to "hermes.0123456789abcdef.control"', 'publish: "hermes.>", subscribe: "other.>"'],
] as const)
  t.test(`a NATS where a node may not ${what} counts as away; the log says once what to grant`, skip, async (t) => {
    const nats = await natsWith(t, permissions)
    const { bus, notes } = node(t, { servers: [`nats://hermes:secret@127.0.0.1:${nats.port}`], prefix: PREFIX })
    for (let id = 1; id < 50; id++) void bus.follow(`conversation.${id}`)
    await until(() => notes.lines.length > 1, 'what NATS refuses')
    for (let id = 1; id < 50; id++) bus.signal({ conversationId: id, body: '{}', origin: null })
    t.equal(bus.isAway, true)
    t.same(notes.lines, [
      `NATS refuses something: Permissions Violation for ${refused}; ${GRANT}`,
      'NATS is away (it refuses something): other nodes are heard by reading the store',
    ])
  })

t.test('what a node may no longer say is noticed when it says it', skip, async (t) => {
  const nats = await natsWith(t, 'publish: ["hermes.*.user.>", "hermes.*.conversation.>"], subscribe: "hermes.>"')
  const { bus, notes } = node(t, { servers: [`nats://hermes:secret@127.0.0.1:${nats.port}`], prefix: PREFIX })
  await until(() => !bus.isAway, 'NATS')
  bus.standing({ userId: 1 })
  await until(() => bus.isAway, 'what NATS refuses')
  t.match(notes.lines.join('\n'), 'Permissions Violation for Publish to "hermes.0123456789abcdef.control"')
})

t.test('whoever looks whether NATS will do is told what it refuses', skip, async (t) => {
  const address = { caFile: null, certFile: null, keyFile: null, credentialsFile: null, prefix: PREFIX }
  for (const [refused, permissions] of [
    [null, 'publish: "hermes.>", subscribe: "hermes.>"'],
    [/Publish to "hermes.0123456789abcdef.conversation.0"/, 'publish: "other.>", subscribe: "hermes.>"'],
    [/Subscription to "hermes.0123456789abcdef.control"/, 'publish: "hermes.>", subscribe: "other.>"'],
  ] as const) {
    const { port } = await natsWith(t, permissions)
    const facts = await probeNats({ ...address, servers: [`nats://hermes:secret@127.0.0.1:${port}`] })
    t.match(facts, { server: `127.0.0.1:${port}`, version: /^\d+\./, refused })
    await t.rejects(probeNats({ ...address, servers: [`nats://hermes:wrong@127.0.0.1:${port}`] }), /authori[sz]ation/i)
  }
})
