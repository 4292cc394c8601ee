import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { ADMIN_COMMANDS } from '../../src/cli/admin/commands.js'
import { PEOPLE_COMMANDS } from '../../src/cli/people/commands.js'
import { completionScript } from '../../src/cli/people/completion-script.js'

const RUN_MS = 30_000

function skipWithout(shell: string) {
  const isThere = spawnSync(shell, ['-c', 'exit 0']).status === 0
  return { skip: isThere ? false : `${shell} is not installed` }
}

const scriptOf = (shell: 'zsh' | 'fish') => completionScript(shell, PEOPLE_COMMANDS, ADMIN_COMMANDS)

/** A line as typed → what it becomes, where one word alone may stand there. */
const UNIQUE: readonly (readonly [typed: string, completed: string])[] = [
  ['hermes who', 'whoami'],
  ['hermes admin rotate', 'admin rotate-ca'],
  ['hermes admin audit --las', 'admin audit --last'],
  ['hermes admin rotate-ca us', 'admin rotate-ca users'],
  ['hermes completion fi', 'completion fish'],
  ['hermes serve --h', 'serve --help'],
]

t.test('fish completes commands, options and values', skipWithout('fish'), async (t) => {
  const folder = t.testdir({ 'hermes.fish': scriptOf('fish') })
  const complete = (line: string) => {
    const command = `source ${join(folder, 'hermes.fish')}; complete -C ${JSON.stringify(line)}`
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder }
    const { status, stdout, stderr } = spawnSync('fish', ['-N', '-c', command], { env, timeout: RUN_MS })
    t.same({ status, stderr: String(stderr) }, { status: 0, stderr: '' }, line)
    return String(stdout)
      .split('\n')
      .filter((word) => word !== '')
      .map((word) => word.split('\t')[0])
  }
  for (const [typed, completed] of UNIQUE) t.same(complete(typed), [completed.split(' ').at(-1)], typed)
  const names = complete('hermes ')
  for (const { name } of PEOPLE_COMMANDS) t.ok(names.includes(name), name)
  t.same(complete('hermes nonsense '), [], 'not even files')
})

/** Types lines into an interactive zsh, each with a tab and a return; `hermes` tells what it was called with. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
type() { zpty -w shell "$1" }
until_seen() {
  local seen="" part=""
  while [[ "$seen" != *"$1"* ]]; do zpty -r shell part || return 1; seen+="$part"; done
  print -r -- "$seen"
}
type 'unsetopt prompt_cr prompt_sp; PS1=""; autoload -Uz compinit && compinit -D -u; source "$SCRIPT"'
type 'hermes() { print -r -- "call""ed:"$*":end""ed" }; print read""y'
until_seen ready >/dev/null
for line in "$@"; do
  zpty -w -n shell "$line"$'\\t'$'\\n'
  until_seen :ended
done
zpty -d shell
`

t.test('zsh completes commands, options and values', skipWithout('zsh'), async (t) => {
  const folder = t.testdir({ 'hermes.zsh': scriptOf('zsh') })
  const env = { ...process.env, HOME: folder, SCRIPT: join(folder, 'hermes.zsh'), TERM: 'dumb' }
  const lines = UNIQUE.map(([typed]) => typed)
  const { status, stdout, stderr } = spawnSync('zsh', ['-f', '-c', ZSH, 'zsh', ...lines], { env, timeout: RUN_MS })
  t.same({ status, stderr: String(stderr) }, { status: 0, stderr: '' })
  const called = [...String(stdout).matchAll(/called:(.*?):ended/g)].map(([, words = '']) => words.trim())
  t.same(
    called,
    UNIQUE.map(([, completed]) => completed),
  )
})

t.test('zsh finds the script as a file of $fpath, too', skipWithout('zsh'), async (t) => {
  const folder = t.testdir({ _hermes: scriptOf('zsh') })
  const check = `fpath=(${folder} $fpath); autoload -Uz compinit && compinit -D -u; print -r -- $_comps[hermes]`
  const { stdout } = spawnSync('zsh', ['-f', '-c', check], { env: { ...process.env, HOME: folder }, timeout: RUN_MS })
  t.equal(String(stdout), '_hermes\n')
})
