import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { visible } from '../../src/cli/output.js'
import { buildCommand } from '../support/build.js'

t.test('what others wrote tells the terminal nothing', (t) => {
  t.equal(visible('alice\n  München, 北京\n'), 'alice\n  München, 北京\n')
  t.equal(visible('\u001b]0;title\u0007\r\t\u009b2J'), '\\u001b]0;title\\u0007\\u000d\\u0009\\u009b2J')
  t.equal(visible('\u202egnp.exe\u200b\ufeff'), '\\u202egnp.exe\\u200b\\ufeff')
  t.equal(visible('👩🏽\u200d💻 a\u200db'), '👩🏽\u200d💻 a\\u200db', 'what joins pictures stays')
  t.equal(visible('a\u2028b\u2029c'), 'a\\u2028b\\u2029c', 'for some they end a line')
  t.equal(visible('\u3164\u115f\u034f'), '\\u3164\\u115f\\u034f')
  t.equal(visible('❤\ufe0f e\u0301'), '❤\ufe0f e\u0301')
  const json = JSON.stringify({ name: '\u009b\u{e0041}"' })
  t.same(JSON.parse(visible(json)), JSON.parse(json))
  t.end()
})

t.test('an answer that nobody reads is no fault, and one that cannot be written is told in a line', async (t) => {
  const command = await buildCommand()
  const run = (args: readonly string[], stdout: 'pipe' | number) =>
    spawn(process.execPath, [command, ...args], { stdio: ['ignore', stdout, 'pipe'] })
  for (const args of [['--help'], ['serve', '--help'], ['admin', '--help']]) {
    const child = run(args, 'pipe')
    child.stdout?.destroy()
    const [stderr, [code]] = await Promise.all([child.stderr ? text(child.stderr) : '', once(child, 'close')])
    t.same({ code, stderr }, { code: 0, stderr: '' }, args.join(' '))
  }
  const full = run(['admin', '--help'], openSync('/dev/full', 'w'))
  const [stderr, [code]] = await Promise.all([full.stderr ? text(full.stderr) : '', once(full, 'close')])
  t.equal(code, 1)
  t.match(stderr, /^hermes: The answer cannot be written: ENOSPC: .*\n$/)
})
