import { once } from 'node:events'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { connect, hubSocket } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

t.test('what cannot be read from the store closes with 1013, and may be tried again', async (t) => {
  const server = await startServer(t)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const a = await connect(t, server, alice)
  const participants = [{ username: 'bob', fingerprint: bob.fingerprint }]
  await a.call('start', { participants })
  const db = new Database(join(server.directory, 'hermes.db'))
  t.teardown(() => db.close())
  db.exec('ALTER TABLE "Event" RENAME COLUMN "body" TO "hidden"')
  const socket = hubSocket(server, alice, { device: 'phone' })
  const [code] = (await once(socket, 'close')) as [number]
  t.equal(code, 1013)
  db.exec('ALTER TABLE "Event" RENAME COLUMN "hidden" TO "body"')
  const phone = await connect(t, server, alice, { device: 'phone' })
  t.match(await phone.event(({ type }) => type === 'started'), { seq: 1 })
})
