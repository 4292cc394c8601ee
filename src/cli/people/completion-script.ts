import type { CommandShape } from '../command.js'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

const EVERYWHERE = ['--json', '--help']
const TOP = ['serve', 'admin', '--help', '--version']

/** What may stand behind some words: `''` for the first, `fetch`, `admin`, `admin show`. */
type Choices = ReadonlyMap<string, readonly string[]>

/** A script for a shell that completes commands, options and the values they may have. */
export function completionScript(
  shell: Shell,
  commands: readonly CommandShape[],
  admin: readonly CommandShape[],
): string {
  const choices: Choices = new Map([
    ['', [...commands.map(({ name }) => name), ...TOP]],
    ['serve', ['--help']],
    ...commands.map((command) => [command.name, wordsOf(command)] as const),
    ['admin', [...new Set(admin.map(({ name }) => name.split(' ')[0] ?? name)), '--help']],
    ...admin.map((command) => [`admin ${command.name}`, wordsOf(command)] as const),
  ])
  return { bash, zsh, fish }[shell](choices)
}

function wordsOf({ operands = [], options = {} }: CommandShape): readonly string[] {
  const values = [...operands, ...Object.values(options)].flatMap(({ allowed = [] }) => allowed)
  return [...new Set([...values, ...Object.keys(options).map((name) => `--${name}`), ...EVERYWHERE])]
}

const cases = (choices: Choices, line: (words: string) => string) =>
  [...choices].map(([before, words]) => `    ${JSON.stringify(before)}) ${line(words.join(' '))} ;;`).join('\n')

function bash(choices: Choices): string {
  return `# hermes completion bash: source <(hermes completion bash)
_hermes() {
  local before="" words=""
  if [ "$COMP_CWORD" -gt 1 ]; then before="\${COMP_WORDS[1]}"; fi
  if [ "$before" = admin ] && [ "$COMP_CWORD" -gt 2 ]; then before="admin \${COMP_WORDS[2]}"; fi
  case "$before" in
${cases(choices, (words) => `words="${words}"`)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _hermes hermes
`
}

function zsh(choices: Choices): string {
  return `#compdef hermes
# hermes completion zsh > a folder of $fpath, as _hermes; or: source <(hermes completion zsh)
_hermes() {
  local before=""
  if (( CURRENT > 2 )); then before="\${words[2]}"; fi
  if [[ "$before" == admin ]] && (( CURRENT > 3 )); then before="admin \${words[3]}"; fi
  case "$before" in
${cases(choices, (words) => `compadd -- ${words}`)}
  esac
}
if [[ "\${funcstack[1]}" == _hermes ]]; then _hermes "$@"; else compdef _hermes hermes; fi
`
}

function fish(choices: Choices): string {
  return `# hermes completion fish > ~/.config/fish/completions/hermes.fish
function __hermes_words
  set -l given (commandline -opc)
  set -l before ""
  if test (count $given) -gt 1
    set before $given[2]
  end
  if test "$before" = admin; and test (count $given) -gt 2
    set before "admin $given[3]"
  end
  switch $before
${[...choices].map(([before, words]) => `    case ${JSON.stringify(before)}\n      string split " " -- ${JSON.stringify(words.join(' '))}`).join('\n')}
  end
end
complete -c hermes -f -a "(__hermes_words)"
`
}
