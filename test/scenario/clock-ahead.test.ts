import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { NO_POSTGRES, sql, testDatabase } from '../store/postgres-database.js'
import { byPassword, post } from '../support/account.js'
import { atConsole } from '../support/console.js'
import { conversationOf } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { PASSWORD, registerUsers, type User } from '../support/user.js'

t.setTimeout(120_000)

const DAY_MS = 24 * 3600 * 1000
const REMOVED = /^Messages whose time is over were removed/
const DELETED = /^Accounts whose deletion was due were deleted/

interface Line {
  readonly msg: string
  readonly [name: string]: unknown
}

const STORES = [
  {
    name: 'SQLite',
    skip: false,
    database: async (_: Test): Promise<Record<string, string>> => ({}),
    doubt: /further ahead than this installation has seen time pass/,
    /** Makes a time so many days older. */
    age: async (url: string, table: string, column: string, days: number, where: string) => {
      const db = new Sqlite(url.slice('file:'.length))
      db.exec(`UPDATE "${table}" SET "${column}" = "${column}" - ${days * DAY_MS} WHERE ${where}`)
      db.close()
    },
  },
  {
    name: 'PostgreSQL',
    skip: NO_POSTGRES,
    database: async (t: Test): Promise<Record<string, string>> => ({ HERMES_DATABASE_URL: await testDatabase(t) }),
    doubt: /ahead of the database's/,
    age: async (url: string, table: string, column: string, days: number, where: string) => {
      await sql(url, `UPDATE "${table}" SET "${column}" = "${column}" - interval '${days} days' WHERE ${where}`)
    },
  },
] as const

/** A server on the database of another, whose clock is so many days ahead, and what it logs. */
async function serverOn(t: Test, { certsDir, databaseUrl }: TestServer, days: number) {
  const lines: Line[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const environment = { HERMES_CERTS_DIR: certsDir, HERMES_DATABASE_URL: databaseUrl }
  const server = await startServer(t, environment, () => new Date(Date.now() + days * DAY_MS), { logger })
  const logged = async (pattern: RegExp): Promise<Line> => {
    for (;;) {
      const line = lines.find(({ msg }) => pattern.test(msg))
      if (line !== undefined) return line
      await pause(20)
    }
  }
  return { server, lines, logged }
}

async function messagesOf(t: Test, server: TestServer, user: User, conversation: string): Promise<readonly number[]> {
  const client = await connect(t, server, user)
  const { events } = await client.call('history', { conversation, after: 0, limit: 500 })
  await client.close()
  return events.filter(({ type }) => type === 'message').map(({ seq }) => seq)
}

async function isDeleted(server: TestServer, { username }: User): Promise<boolean> {
  const answer = await post(server, '/fetch-my', { username, password: PASSWORD })
  return answer.json().code === 'invalid_credentials'
}

for (const { name, skip, database, doubt, age } of STORES)
  t.test(
    `${name}: a clock that jumps ahead removes nothing, one that is right does in the end`,
    { skip },
    async (t) => {
      const first = await startServer(t, await database(t))
      const { alice, bob, carol, dave } = await registerUsers(first, 'alice', 'bob', 'carol', 'dave')
      const a = { user: alice, client: await connect(t, first, alice) }
      const conversation = await conversationOf(first, a, { user: bob, client: await connect(t, first, bob) })
      for (const payload of ['5', '6', '7', '8'])
        await a.client.call('send', { conversation, messageId: randomUUID(), payload })
      for (const user of [carol, dave]) await byPassword(first, user, '/delete-account')
      await first.close()
      await age(first.databaseUrl, 'Event', 'at', 35, `"type" = 'message' AND "seq" = 5`)
      await age(first.databaseUrl, 'User', 'deletionAt', 8, `"username" = 'dave'`)

      const jumped = await serverOn(t, first, 40)
      t.match(await jumped.logged(doubt), { level: 40, aheadSeconds: Number })
      t.match(await jumped.logged(REMOVED), { removed: 1 }, 'what was old before')
      t.match(await jumped.logged(DELETED), { deleted: 1 })
      t.same(await messagesOf(t, jumped.server, alice, conversation), [6, 7, 8])
      t.same([await isDeleted(jumped.server, carol), await isDeleted(jumped.server, dave)], [false, true])
      await jumped.server.close()

      const right = await serverOn(t, first, 0)
      t.same(await messagesOf(t, right.server, alice, conversation), [6, 7, 8], 'set right, all of it is there')
      await right.server.close()
      t.same(
        right.lines.filter(({ level }) => level === 40),
        [],
        'and nothing is doubted',
      )

      await age(first.databaseUrl, 'Meta', 'believedAt', 40, '"id" = 1')
      await age(first.databaseUrl, 'Event', 'at', 40, `"type" = 'message'`)
      await age(first.databaseUrl, 'Event', 'at', 40, `"seq" = 6`)
      await age(first.databaseUrl, 'User', 'deletionAt', 40, `"username" = 'carol'`)
      const returned = await serverOn(t, first, 0)
      t.match(await returned.logged(/further ahead than this installation/), { level: 40 }, 'it was off for 40 days')
      t.match(await returned.logged(REMOVED), { removed: 1 })
      t.same(await messagesOf(t, returned.server, alice, conversation), [7, 8])
      const said = await atConsole(returned.server, 'POST', '/admin/clock/confirm', {})
      t.match(said.json(), { clock: String, believed: String })
      await returned.server.close()

      const confirmed = await serverOn(t, first, 0)
      t.match(await confirmed.logged(REMOVED), { removed: 2 })
      await confirmed.logged(DELETED)
      t.same(await messagesOf(t, confirmed.server, alice, conversation), [])
      t.equal(await isDeleted(confirmed.server, carol), true)
      await confirmed.server.close()
      t.same(
        confirmed.lines.filter(({ level }) => level === 40),
        [],
      )
    },
  )
