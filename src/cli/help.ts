import type { CommandShape, Operand } from './command.js'
import { block } from './table.js'

const JSON_HELP = ['--json', 'answer in JSON, for programs'] as const
export const EXIT_CODES = 'Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.'

/** One line for each command: what it is called and does. */
export function commandList(commands: readonly CommandShape[]): string {
  const entries = commands.map((command) => [synopsis(command), command.summary] as const)
  return indented(block([...entries, ['<command> --help', 'what a command takes']]))
}

/** `<program> <command> --help`. */
export function commandHelp(program: string, command: CommandShape): string {
  const { summary, operands = [], options = {} } = command
  const entries = [
    ...operands.map((operand) => [shown(operand), operand.description] as const),
    ...Object.entries(options).map(
      ([name, { value, allowed, description }]) =>
        [
          `--${name}${value === undefined ? '' : ` ${value}`}`,
          `${description}${allowed === undefined ? '' : `: ${allowed.join(', ')}`}`,
        ] as const,
    ),
    JSON_HELP,
  ]
  return `${usage(program, command)}\n\n${summary}\n\n${indented(block(entries))}\n${EXIT_CODES}\n`
}

/** The line that a usage error shows. */
export function usage(program: string, command: CommandShape): string {
  const isOptional = Object.values(command.options ?? {}).some(({ isRequired }) => !isRequired)
  return `Usage: ${program} ${synopsis(command)}${isOptional ? ' [options]' : ''} [--json]`
}

function synopsis({ name, operands = [], options = {} }: CommandShape): string {
  const required = Object.entries(options).filter(([, { isRequired }]) => isRequired)
  return [name, ...operands.map(shown), ...required.map(([option, { value }]) => `--${option} ${value}`)].join(' ')
}

function shown({ name, isOptional, isRepeated }: Operand): string {
  return `${isOptional ? `[${name}]` : `<${name}>`}${isRepeated ? '...' : ''}`
}

function indented(lines: string): string {
  return lines.replace(/^(?=.)/gm, '  ')
}
