import { join } from 'node:path'
import { pino } from 'pino'
import { compiled } from './compiled.js'
import { serveParent } from './serve-parent.js'

// What is measured is what is run: the compiled server.
const { loadConfig } = await compiled<typeof import('../../src/config.js')>('config.js')
const { start } = await compiled<typeof import('../../src/server/start.js')>('server/start.js')

const [directory = '.'] = process.argv.slice(2)
const config = loadConfig({
  HERMES_IDENTITY_PORT: '0',
  HERMES_HUB_PORT: '0',
  HERMES_CERTS_DIR: join(directory, 'certs'),
  HERMES_DATABASE_URL: `file:${join(directory, 'hermes.db')}`,
  HERMES_REQUESTS_PER_SECOND: '0',
  HERMES_STARTS_PER_HOUR: '0',
  HERMES_DRAIN_SECONDS: '0',
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('HERMES_'))),
})
const running = await start(config, { logger: pino({ level: 'warn' }) })
const portOf = (url: string) => Number(new URL(url).port)
serveParent({ port: portOf(running.hubUrl), identityPort: portOf(running.identityUrl) }, () => running.close())
