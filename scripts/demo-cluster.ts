import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Node, shareAuthorities, startNode } from './cluster/node.js'
import { tell } from './cluster/story.js'
import { impatience } from './demo/impatience.js'
import { Page } from './demo/page.js'
import { UserProcess } from './demo/user-process.js'
import { type Engine, startNats, startPostgres } from './programs/engines.js'

/** Four processes and two databases start first. */
const PATIENCE_MS = 180_000

async function play(page: Page, directory: string): Promise<void> {
  const engines: Engine[] = []
  const nodes: Node[] = []
  const users = [new UserProcess('alice'), new UserProcess('bob')] as const
  const perform = async () => {
    page.title('Hermes: two nodes, one conversation')
    const postgres = await startPostgres(directory)
    engines.push(postgres)
    page.does('PostgreSQL', `${postgres.url}, which both nodes share`)
    const nats = await startNats(directory)
    engines.push(nats)
    page.does('NATS', `${nats.url}, by which they hear each other`)
    const settings = {
      HERMES_DATABASE_URL: postgres.url,
      HERMES_NATS_URL: nats.url,
      HERMES_LOG_LEVEL: 'error',
    }
    const folders = [join(directory, 'first'), join(directory, 'second')] as const
    const first = await startNode(folders[0], settings)
    nodes.push(first)
    await shareAuthorities(...folders)
    const second = await startNode(folders[1], settings)
    nodes.push(second)
    page.does('first node', first.hubUrl)
    page.does('second node', `${second.hubUrl}, with the CAs of the first`)
    const [alice, bob] = users
    await tell({ page, alice, bob, first, second })
  }
  try {
    await Promise.race([perform(), impatience(PATIENCE_MS)])
  } finally {
    await Promise.all(users.map((user) => user.end()))
    await Promise.all(nodes.map((node) => node.end('SIGKILL')))
    for (const engine of engines) await engine.end()
  }
}

const page = new Page(process.stdout)
const since = performance.now()
const directory = await mkdtemp(join(tmpdir(), 'hermes-demo-cluster-'))
try {
  await play(page, directory)
  page.title(`Done in ${((performance.now() - since) / 1000).toFixed(1)} s. Nothing is left behind.`)
} catch (error) {
  page.failed(`The demo failed at step ${page.step}: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
