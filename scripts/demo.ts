import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../src/config.js'
import { start } from '../src/server/start.js'
import { impatience } from './demo/impatience.js'
import { Page } from './demo/page.js'
import { tell } from './demo/story.js'
import { UserProcess } from './demo/user-process.js'

/** A server of its own, in a folder that goes away with it. */
async function startServer(directory: string) {
  const config = loadConfig({
    HERMES_IDENTITY_PORT: '0',
    HERMES_HUB_PORT: '0',
    HERMES_CERTS_DIR: join(directory, 'certs'),
    HERMES_DATABASE_URL: `file:${join(directory, 'hermes.db')}`,
  })
  const running = await start(config, { logger: pino({ level: 'silent' }) })
  const rootPem = await readFile(join(config.certsDir, 'root-ca.pem'), 'utf8')
  return { running, rootPem }
}

async function play(page: Page, directory: string): Promise<void> {
  const { running, rootPem } = await startServer(directory)
  const [alice, bob, phone] = [new UserProcess('alice'), new UserProcess('bob'), new UserProcess('phone')]
  try {
    const { identityUrl, hubUrl, rootFingerprint } = running
    page.title('Hermes: two users, from nothing to a conversation')
    page.does('identity', `${identityUrl} (a server for this demo alone, in a temporary folder)`)
    page.does('hub', hubUrl)
    page.does('root', `${rootFingerprint}: everybody got it from the operator, not from the network`)
    page.byHand('the lines named so fit a server that you started with npm start, in this folder')
    const place = { identityUrl, rootPem, rootFingerprint }
    await Promise.race([tell({ place, page, alice, bob, phone }), impatience()])
  } finally {
    await Promise.all([alice.end(), bob.end(), phone.end()])
    await running.close()
  }
}

const page = new Page(process.stdout)
const since = performance.now()
const directory = await mkdtemp(join(tmpdir(), 'hermes-demo-'))
try {
  await play(page, directory)
  page.title(
    `Done in ${((performance.now() - since) / 1000).toFixed(1)} s. All that had to be verified was; nothing is left behind.`,
  )
} catch (error) {
  page.failed(`The demo failed at step ${page.step}: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
