import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { openAdministration } from '../../src/server/admin/offline.js'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { gateTo } from '../store/gate.js'
import { NO_POSTGRES, sql, testDatabase } from '../store/postgres-database.js'
import { conversationOf } from '../support/handshake.js'
import { connect, refusal } from '../support/hub-client.js'
import { shown } from '../support/public-parts.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

/** A commit that takes its time. */
const SLOW_COMMIT = `
  CREATE FUNCTION "dawdle"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER "dawdle" AFTER INSERT ON "Event" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW."type" = 'message') EXECUTE FUNCTION "dawdle"()`
const IS_COMMITTING = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`

t.test(
  'one node: a message is told though nobody knew that it was stored, and its sender never asks again',
  { skip: NO_POSTGRES },
  async (t) => {
    const url = await testDatabase(t)
    const gate = await gateTo(t, url)
    const server = await startServer(t, { HERMES_DATABASE_URL: gate.url, HERMES_POLL_SECONDS: '1' })
    const { alice, bob } = await registerUsers(server, 'alice', 'bob')
    const a = { user: alice, client: await connect(t, server, alice) }
    const b = { user: bob, client: await connect(t, server, bob) }
    const conversation = await conversationOf(server, a, b)
    await sql(url, SLOW_COMMIT)
    const sent = refusal(a.client.call('send', { conversation, messageId: randomUUID(), payload: 'unknown' }))
    while (t.passing() && (await sql(url, IS_COMMITTING)).length === 0);
    await gate.shut()
    t.match((await sent).data, { code: 'unavailable' })
    await gate.open()
    t.match(await b.client.event(({ type }) => type === 'message'), { payload: 'unknown' })
  },
)

t.test(
  'one node: what is revoked in the database by another process ends connections',
  { skip: NO_POSTGRES },
  async (t) => {
    const url = await testDatabase(t)
    const server = await startServer(t, { HERMES_DATABASE_URL: url })
    const { alice } = await registerUsers(server, 'alice')
    const client = await connect(t, server, alice)
    const elsewhere = await openPostgresStore({ url })
    t.teardown(() => elsewhere.close())
    const act = { username: 'alice', by: null, at: new Date(), serialNumber: null, reason: 'keyCompromise' } as const
    await elsewhere.administration.revoke(act)
    t.match(await client.whenClosed(), { code: 4501 })
  },
)

t.test(
  'one node: what is administered straight in the database is felt, connections and its own certificate',
  { skip: NO_POSTGRES },
  async (t) => {
    const url = await testDatabase(t)
    const server = await startServer(t, { HERMES_DATABASE_URL: url })
    const { alice, bob } = await registerUsers(server, 'alice', 'bob')
    const [a, b] = [await connect(t, server, alice), await connect(t, server, bob)]
    const config = loadConfig({ HERMES_DATABASE_URL: url, HERMES_CERTS_DIR: server.certsDir })
    const administration = await openAdministration(config)
    t.teardown(() => administration.close())
    const post = (path: string, payload: object) =>
      administration.inject({ method: 'POST', url: `/admin${path}`, payload })
    t.match(await post('/users/alice/disable', {}), { statusCode: 200 })
    t.match(await a.whenClosed(), { code: 4503 })
    const { replacement } = (await post('/server-certificate/revoke', { reason: 'keyCompromise' })).json()
    const serial = async (url: string) => (await shown(url)).serialNumber.toLowerCase()
    for (const url of [server.hubUrl, server.identityUrl])
      while (t.passing() && (await serial(url)) !== replacement.serialNumber) await b.call('whoami')
    t.equal(b.closed, null)
  },
)

t.test(
  'a second node without NATS says what to set; one that is alone says nothing',
  { skip: NO_POSTGRES },
  async (t) => {
    const told: string[] = []
    const logger = pino({ level: 'warn' }, { write: (line: string) => void told.push(JSON.parse(line).msg) })
    const first = await startServer(t, { HERMES_DATABASE_URL: await testDatabase(t) }, undefined, { logger })
    t.same(told, [])
    const same = { HERMES_DATABASE_URL: first.databaseUrl, HERMES_CERTS_DIR: first.certsDir }
    await startServer(t, same, undefined, { logger })
    t.match(told, [/^Another process of Hermes has the database postgresql:[^@]* open.*HERMES_NATS_URL/])
  },
)
