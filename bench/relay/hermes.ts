import { join } from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../../src/config.js'
import { start } from '../../src/server/start.js'
import { serveParent } from '../support/child.js'

const [directory = '.'] = process.argv.slice(2)
const config = loadConfig({
  HERMES_IDENTITY_PORT: '0',
  HERMES_HUB_PORT: '0',
  HERMES_CERTS_DIR: join(directory, 'certs'),
  HERMES_DATABASE_URL: `file:${join(directory, 'hermes.db')}`,
  HERMES_REQUESTS_PER_SECOND: '0',
})
const running = await start(config, { logger: pino({ level: 'warn' }) })
serveParent(Number(new URL(running.hubUrl).port), running.close)
