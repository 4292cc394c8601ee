import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { start } from '../../src/server/start.js'

const WARN = 40

/** What a start that ends at once logs from `warn` up. */
async function warningsOf(directory: string, database: string): Promise<readonly Record<string, unknown>[]> {
  const lines: string[] = []
  const config = loadConfig({
    HERMES_IDENTITY_PORT: '0',
    HERMES_HUB_PORT: '0',
    HERMES_CERTS_DIR: join(directory, 'certs'),
    HERMES_DATABASE_URL: `file:${join(directory, database)}`,
    HERMES_DRAIN_SECONDS: '0',
  })
  const running = await start(config, { logger: pino({ level: 'warn' }, { write: (line) => lines.push(line) }) })
  await running.close()
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

t.test('a new database under an old CA is warned of once, and nothing else is', async (t) => {
  const directory = t.testdir()
  t.same(await warningsOf(directory, 'first.db'), [], 'this start made both')
  t.same(await warningsOf(directory, 'first.db'), [], 'both are old')
  const [warning, ...others] = await warningsOf(directory, 'second.db')
  t.match(warning, { level: WARN, database: /second\.db$/, certificates: join(directory, 'certs') })
  t.match(warning?.msg, /second\.db is new, but the CA in .*certs is not: .* registered anew/)
  t.same(others, [])
  t.same(await warningsOf(directory, 'second.db'), [], 'from then on it belongs to the CA')
})
