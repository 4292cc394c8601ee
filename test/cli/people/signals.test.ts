import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { buildCommand } from '../../support/build.js'
import { Person, registeredPerson } from '../../support/people-command.js'
import { temporaryFolder } from '../../support/serve-process.js'
import { startServer } from '../../support/server.js'

/** More than a pipe holds: once it is written, somebody reads. */
const MUCH = Buffer.alloc(1024 * 1024, 'x')
const PATIENCE_MS = 10_000

t.test('the first signal ends a command that waits for what is to be said, or for a password', async (t) => {
  const server = await startServer(t)
  const home = join(await temporaryFolder(t), 'home')
  const alice = new Person(t, home, await buildCommand())
  await alice.json('join', server.identityUrl, '--fingerprint', server.rootFingerprint)
  for (const [args, descriptor] of [
    [['send', 'bob'], 0],
    [['register', 'alice', '--password-fd', '3', '--key-password-fd', '4'], 3],
  ] as const) {
    const [node, command] = alice.argv
    const stdio = ['pipe', 'ignore', 'ignore', 'pipe', 'pipe'] as const
    const child = spawn(node, [command, ...args], { env: alice.environment, stdio: [...stdio] })
    t.teardown(() => child.kill('SIGKILL'))
    const ended = once(child, 'close')
    const input = child.stdio[descriptor] as Writable
    input.on('error', () => undefined)
    await new Promise((resolve) => input.write(MUCH, resolve))
    child.kill('SIGTERM')
    const [code] = await Promise.race([ended, sleep(PATIENCE_MS, ['it goes on'])])
    t.equal(code, 130, args.join(' '))
  }
})

t.test('listen ends in silence when nobody reads it any more', async (t) => {
  const server = await startServer(t)
  const alice = await registeredPerson(t, await temporaryFolder(t), server, 'alice')
  const child = alice.start(['listen'])
  child.stdout?.destroy()
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = await Promise.race([once(child, 'close'), sleep(PATIENCE_MS, ['it goes on'])])
  t.same([code, said], [0, ''])
})
