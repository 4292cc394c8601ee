import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import t from 'tap'
import { findProgram } from '../../../scripts/programs/find-program.js'

const missing = ['initdb', 'postgres', 'nats-server'].filter((name) => findProgram(name) === null)
const skip = missing.length > 0 && `not installed: ${missing.join(', ')}`

/** A database, two nodes and two users, each a process that loads TypeScript. */
const PATIENCE = { timeout: 300_000 }
t.setTimeout(PATIENCE.timeout)

async function run(environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment }
  const before = await readdir(tmpdir())
  const demo = spawn(process.execPath, ['--import=tsx', 'scripts/demo-cluster.ts'], { env })
  let output = ''
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = await once(demo, 'close')
  const left = (await readdir(tmpdir())).filter(
    (name) => name.startsWith('hermes-demo-cluster-') && !before.includes(name),
  )
  return { code, output, left }
}

t.test('a node is killed, and its user goes on at the other', { ...PATIENCE, skip }, async (t) => {
  const { code, output, left } = await run()
  t.equal(code, 0, output.slice(-1000))
  for (const line of [
    /alice → bob +event 5: Hello bob, I am on the first node/,
    /kill -9 +process \d+, while bob sends event 7/,
    /second → alice +event 7, by bob: Alice, are you there\?/,
    /alice → bob +event 8: I am/,
    /the log has the events 1 to 8, without a hole/,
  ])
    t.match(output, line)
  t.same(left, [])
})

t.test('where a program is not installed it says which', async (t) => {
  const { code, output } = await run({ HERMES_DEMO_PROGRAMS: '/nonexistent' })
  t.equal(code, 1)
  t.match(output, /initdb is not installed; on Debian: apt-get install postgresql/)
})
