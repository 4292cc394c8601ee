import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../../src/config.js'
import { openAdministration } from '../../../src/server/admin/offline.js'
import { makeSuccessor } from '../../../src/server/certificates/succession.js'
import { start } from '../../../src/server/start.js'
import { NO_POSTGRES, sql, testDatabase } from '../../store/postgres-database.js'

const options = { logger: pino({ level: 'silent' }) }

const configOf = (directory: string) =>
  loadConfig({
    HERMES_IDENTITY_PORT: '0',
    HERMES_HUB_PORT: '0',
    HERMES_CERTS_DIR: join(directory, 'certs'),
    HERMES_DATABASE_URL: `file:${join(directory, 'hermes.db')}`,
    HERMES_DRAIN_SECONDS: '0',
  })

t.test('while the database is administered no server starts, and while a server runs nobody else has it', async (t) => {
  const directory = t.testdir()
  const config = configOf(directory)
  const inUse = { code: 'unavailable', message: /in use by another Hermes process/ }
  await t.rejects(openAdministration(config), { code: 'unavailable', message: /There is no installation in/ })
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

t.test('in an empty PostgreSQL nothing is made', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const absent = { code: 'unavailable', message: /There is no installation in postgresql/ }
  await t.rejects(openAdministration({ ...configOf(t.testdir()), databaseUrl: url }), absent)
  t.same(await sql(url, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`), [])
})

t.test('CAs follow, and the certificate of the server is revoked, while no server runs', async (t) => {
  const directory = t.testdir()
  const config = configOf(directory)
  await (await start(config, options)).close()
  const issuer = () => {
    const { issuer, serialNumber } = new X509Certificate(readFileSync(join(directory, 'certs', 'server.pem')))
    return { issuer, serialNumber: serialNumber.toLowerCase() }
  }
  const app = await openAdministration(config)
  const post = async (url: string, payload: object = {}) =>
    (await app.inject({ method: 'POST', url: `/admin${url}`, payload })).json()
  const succession = { directory: config.certsDir, passphraseFile: null, pkiUrl: null, now: new Date() }
  for (const kind of ['users', 'servers'] as const) await makeSuccessor(kind, succession)
  const statuses = [
    { name: 'users-2', status: 'issues' },
    { name: 'users', status: 'good' },
    { name: 'servers-2', status: 'issues' },
    { name: 'servers', status: 'good' },
  ]
  t.match(await post('/authorities/refresh'), { authorities: statuses })
  const reissued = issuer()
  t.equal(reissued.issuer, 'CN=Hermes Servers CA 2')
  const { serialNumbers, replacement } = await post('/server-certificate/revoke', { reason: 'superseded' })
  t.ok(serialNumbers.includes(reissued.serialNumber))
  t.equal(replacement.serialNumber, issuer().serialNumber)
  t.match(await post('/server-certificate/revoke', { reason: 'because' }), { status: 400 })
  t.match(await post('/authorities/users/retire'), { authorities: [{}, { name: 'users', status: 'retired' }, {}, {}] })
  t.match(await post('/authorities/servers/retire'), { status: 403, detail: /is good until/ })
  const { entries } = (await app.inject({ url: '/admin/audit' })).json()
  t.same(
    entries.map(({ action, subject, actor }: Record<string, string>) => `${actor} ${action} ${subject}`),
    [
      '@operator rotate-ca @users-2',
      '@operator rotate-ca @servers-2',
      '@operator revoke-server @server',
      '@operator retire-ca @users',
    ],
  )
  await app.close()
  await (await start(config, options)).close()
})
