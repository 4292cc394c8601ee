import { commandList, EXIT_CODES } from '../help.js'
import type { AdminCommand } from './command.js'

/** `hermes admin --help`. */
export function adminHelp(commands: readonly AdminCommand[]): string {
  return `Usage: hermes admin <command> [--json]

${commandList(commands)}
Speaks to the server that runs on the database of HERMES_DATABASE_URL, or to the database when none runs.
${EXIT_CODES}
`
}
