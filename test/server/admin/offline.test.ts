import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../../src/config.js'
import { openAdministration } from '../../../src/server/admin/offline.js'
import { start } from '../../../src/server/start.js'

t.test('while the database is administered no server starts, and while a server runs nobody else has it', async (t) => {
  const directory = t.testdir()
  const config = loadConfig({
    HERMES_IDENTITY_PORT: '0',
    HERMES_HUB_PORT: '0',
    HERMES_CERTS_DIR: join(directory, 'certs'),
    HERMES_DATABASE_URL: `file:${join(directory, 'hermes.db')}`,
    HERMES_DRAIN_SECONDS: '0',
  })
  const options = { logger: pino({ level: 'silent' }) }
  const inUse = { code: 'unavailable', message: /in use by another Hermes process/ }
  await t.rejects(openAdministration(config), { code: 'unavailable', message: /There is no database/ })
  t.notOk(existsSync(join(directory, 'hermes.db')), 'none is made')

  const first = await start(config, options)
  await t.rejects(openAdministration(config), inUse)
  await first.close()
  const app = await openAdministration(config)
  t.same((await app.inject({ url: '/admin/users' })).json(), { users: [], more: false })
  await t.rejects(start(config, options), inUse)
  await app.close()
  await (await start(config, options)).close()
})
