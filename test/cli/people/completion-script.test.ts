import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import type { CommandShape } from '../../../src/cli/command.js'
import { completionScript } from '../../../src/cli/people/completion-script.js'

const COMMANDS: readonly CommandShape[] = [
  { name: 'paint', summary: '', operands: [{ name: 'what', allowed: ['door', 'wall'], description: '' }] },
  { name: 'pack', summary: '', options: { how: { value: 'HOW', allowed: ['well'], description: '' } } },
]
const ADMIN: readonly CommandShape[] = [
  { name: 'audit', summary: '', options: { after: { value: 'SEQ', description: '' } } },
  { name: 'audit verify', summary: '' },
]

/** Words as typed, the last to be completed → what may stand there. */
const CASES: readonly (readonly [typed: readonly string[], words: string])[] = [
  [['p'], 'paint pack'],
  [['paint', ''], 'door wall --json --help'],
  [['pack', '--h'], '--how --help'],
  [['admin', ''], 'audit --help'],
  [['admin', 'audit', '--a'], '--after'],
  [['serve', ''], '--help'],
  [['unknown', ''], ''],
]

t.test('bash completes commands, options and values', async (t) => {
  const script = completionScript('bash', COMMANDS, ADMIN)
  for (const [typed, words] of CASES) {
    const line = `${script}\nCOMP_WORDS=(hermes "$@"); COMP_CWORD=$#; _hermes; echo "\${COMPREPLY[*]}"`
    const { stdout } = await promisify(execFile)('bash', ['-c', line, 'bash', ...typed])
    t.equal(stdout.trim(), words, typed.join(' '))
  }
})

t.test('each shell gets every command', async (t) => {
  for (const shell of ['zsh', 'fish'] as const) {
    const script = completionScript(shell, COMMANDS, ADMIN)
    for (const word of ['paint', 'pack', 'door', '--how', 'audit', '--after']) t.ok(script.includes(word), word)
  }
})
