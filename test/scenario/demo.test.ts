import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'

/** Runs the demo with a folder of temporary files of its own. */
async function runDemo(t: Test, stopAt?: string) {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-demo-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const env = { ...process.env, TMPDIR: directory }
  const demo = spawn(process.execPath, ['--import=tsx', 'scripts/demo.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [demo.stdout, demo.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (stopAt && output.includes(stopAt) && !demo.killed) demo.kill()
    })
  const [code] = await once(demo, 'close')
  const left = (await readdir(directory)).filter((name) => name.startsWith('hermes-demo-'))
  return { code, output, left }
}

t.test('the demo tells the whole story and leaves nothing behind', async (t) => {
  const { code, output, left } = await runDemo(t)
  t.equal(code, 0, output.slice(-500))
  for (const line of [
    /alice → server +POST \/register/,
    /bob verifies +it chains to the root he pinned, sha256:/,
    /hub refuses +422 invalid_signature/,
    /alice verifies +the signature of bob/,
    /bob verifies +the signature of alice/,
    /alice → bob +event 5: Hello bob/,
    /bob → alice +event 6: Hello alice/,
    /phone +unlocks the key with the second password/,
    /hub → alice +event 7: bob left/,
    /by hand +curl /,
    /Done in [\d.]+ s/,
  ])
    t.match(output, line)
  t.notOk(output.includes('\u001b['), 'no colours where nobody sees them')
  t.same(left, [])
})

t.test('a demo that is stopped says so and cleans up', async (t) => {
  const { code, output, left } = await runDemo(t, ' 2  ')
  t.equal(code, 1)
  t.match(output, /The demo failed at step \d+: stopped by SIGTERM/)
  t.same(left, [])
})
