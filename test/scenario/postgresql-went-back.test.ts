import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { NO_POSTGRES, sql, testDatabase } from '../store/postgres-database.js'
import { conversationOf } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

/** A server whose database a test puts back to an earlier state, as a standby does that lacked the last commits. */
async function serverOn(t: Test, url: string) {
  const lines: string[] = []
  const stream = new Writable({
    write(line, _, done) {
      lines.push(String(line))
      done()
    },
  })
  const logger = pino({ level: 'error' }, stream)
  const server = await startServer(t, { HERMES_DATABASE_URL: url, HERMES_POLL_SECONDS: '1' }, undefined, { logger })
  return { server, lines }
}

const WENT_BACK = 'The database is in an earlier state than this node has seen'

t.test('connections to conversations that lost events end, and the log says so', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const { server, lines } = await serverOn(t, url)
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const c = await connect(t, server, carol)
  const conversation = await conversationOf(server, a, b)
  await a.client.call('send', { conversation, messageId: randomUUID(), payload: 'lost' })
  await b.client.event(({ type }) => type === 'message')
  await sql(url, `UPDATE "Conversation" SET "lastSeq" = "lastSeq" - 1`)
  await sql(url, `DELETE FROM "Event" WHERE "type" = 'message'`)
  await sql(url, 'DELETE FROM "Cursor"')
  t.match(await b.client.whenClosed(), { code: 1012 })
  t.match(await a.client.whenClosed(), { code: 1012 })
  t.equal(c.closed, null)
  t.match(lines.join(''), WENT_BACK)
  const again = await connect(t, server, bob)
  const sender = await connect(t, server, alice)
  await sender.call('send', { conversation, messageId: randomUUID(), payload: 'after it' })
  t.match(await again.event(({ payload }) => payload === 'after it'), { type: 'message' })
})

t.test('revocations are felt after rows of the audit log were lost', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const { server, lines } = await serverOn(t, url)
  const { alice } = await registerUsers(server, 'alice', 'bob', 'carol')
  const client = await connect(t, server, alice)
  // The watch has seen all rows.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  await sql(url, 'ALTER TABLE "Audit" DISABLE TRIGGER "Audit_change"')
  await sql(url, 'DELETE FROM "Audit" WHERE "seq" > 1')
  const elsewhere = await openPostgresStore({ url })
  t.teardown(() => elsewhere.close())
  const act = { username: 'alice', by: null, at: new Date(), serialNumber: null, reason: 'superseded' } as const
  await elsewhere.administration.revoke(act)
  t.match(await client.whenClosed(), { code: 4501 })
  t.match(lines.join(''), WENT_BACK)
})
