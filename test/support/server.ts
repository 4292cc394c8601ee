import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import type { Running } from '../../src/server/running.js'
import { type StartOptions, start } from '../../src/server/start.js'
import { testDatabase } from '../store/postgres-database.js'

/** What a server of a test stores in: `postgresql`, or by default SQLite. */
export const STORE = 'HERMES_TEST_STORE'

export interface TestServer extends Running {
  readonly directory: string
  readonly certsDir: string
  readonly databaseUrl: string
  readonly rootPem: string
}

/** A whole server on free ports in a temporary folder, ended with the test. */
export async function startServer(
  t: Test,
  environment: Record<string, string> = {},
  now?: () => Date,
  options: Partial<Pick<StartOptions, 'serverLifeMs' | 'logger'>> = {},
): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-'))
  const config = loadConfig({
    HERMES_IDENTITY_PORT: '0',
    HERMES_HUB_PORT: '0',
    HERMES_CERTS_DIR: join(directory, 'certs'),
    HERMES_DATABASE_URL:
      process.env[STORE] === 'postgresql' ? await testDatabase(t) : `file:${join(directory, 'hermes.db')}`,
    HERMES_ADMIN_SOCKET: join(directory, 'hermes.db.sock'),
    HERMES_BCRYPT_COST: '10',
    HERMES_PASSWORD_WORKERS: '1',
    HERMES_REGISTRATIONS_PER_HOUR: '0',
    HERMES_PASSWORDS_PER_MINUTE: '0',
    HERMES_REQUESTS_PER_SECOND: '0',
    HERMES_DRAIN_SECONDS: '0',
    HERMES_LOG_LEVEL: 'silent',
    ...environment,
  })
  const running = await start(config, { logger: pino({ level: config.logLevel }), ...(now && { now }), ...options })
  t.teardown(async () => {
    await running.close()
    await rm(directory, { recursive: true, force: true })
  })
  const rootPem = await readFile(join(config.certsDir, 'root-ca.pem'), 'utf8')
  return { ...running, directory, certsDir: config.certsDir, databaseUrl: config.databaseUrl, rootPem }
}
