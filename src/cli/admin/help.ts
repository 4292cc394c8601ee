import type { AdminCommand } from './command.js'
import { block } from './table.js'

const JSON_HELP = ['--json', 'answer in JSON, for programs'] as const
const EXIT_CODES = `Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.`

/** `hermes admin --help`. */
export function adminHelp(commands: readonly AdminCommand[]): string {
  const entries = commands.map((command) => [synopsis(command), command.summary] as const)
  return `Usage: hermes admin <command> [--json]

${indented(block([...entries, ['<command> --help', 'what a command takes']]))}
Speaks to the server that runs on the database of HERMES_DATABASE_URL, or to the database when none runs.
${EXIT_CODES}
`
}

/** `hermes admin <command> --help`. */
export function commandHelp(command: AdminCommand): string {
  const { summary, operands = [], options = {} } = command
  const entries = [
    ...operands.map(({ name, description }) => [`<${name}>`, description] as const),
    ...Object.entries(options).map(
      ([name, { value, allowed, description }]) =>
        [
          `--${name}${value === undefined ? '' : ` ${value}`}`,
          `${description}${allowed === undefined ? '' : `: ${allowed.join(', ')}`}`,
        ] as const,
    ),
    JSON_HELP,
  ]
  return `${usage(command)}\n\n${summary}\n\n${indented(block(entries))}\n${EXIT_CODES}\n`
}

/** The line that a usage error shows. */
export function usage(command: AdminCommand): string {
  const isOptional = Object.values(command.options ?? {}).some(({ isRequired }) => !isRequired)
  return `Usage: hermes admin ${synopsis(command)}${isOptional ? ' [options]' : ''} [--json]`
}

function synopsis({ name, operands = [], options = {} }: AdminCommand): string {
  const required = Object.entries(options).filter(([, { isRequired }]) => isRequired)
  return [
    name,
    ...operands.map((operand) => `<${operand.name}>`),
    ...required.map(([option, { value }]) => `--${option} ${value}`),
  ].join(' ')
}

function indented(lines: string): string {
  return lines.replace(/^(?=.)/gm, '  ')
}
