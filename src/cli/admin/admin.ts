import { type Config, loadConfig } from '../../config.js'
import { type Answer, UsageError } from '../command.js'
import { parseCommandLine } from '../command-line.js'
import { commandHelp, usage } from '../help.js'
import { complain, print, printed, printPieces, terminalColumns } from '../output.js'
import type { AdminCommand } from './command.js'
import { ADMIN_COMMANDS } from './commands.js'
import { type Connection, connect } from './connection.js'
import { adminHelp } from './help.js'

const PROGRAM = 'hermes admin'
/** Of a command line that is wrong. */
const USAGE = 2

/** Runs `hermes admin …`; answers the exit code. Rejects with what was refused or failed. */
export async function admin([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) return wrong('no command is given', adminHelp(ADMIN_COMMANDS))
  if (name === '--help' || name === '-h' || name === 'help') return printed(adminHelp(ADMIN_COMMANDS))
  const [first = '', ...rest] = args
  const longer = ADMIN_COMMANDS.find((one) => one.name === `${name} ${first}`)
  const command = longer ?? ADMIN_COMMANDS.find((one) => one.name === name)
  if (command === undefined) return wrong(`there is no command ${name}`, '"hermes admin --help" lists them')
  try {
    return await run(command, longer === undefined ? args : rest)
  } catch (error) {
    if (error instanceof UsageError) return wrong(error.message, usage(PROGRAM, command))
    throw error
  }
}

function wrong(problem: string, remedy: string): number {
  complain(`hermes admin: ${problem}\n${remedy.trimEnd()}\n`)
  return USAGE
}

async function run(command: AdminCommand, args: readonly string[]): Promise<number> {
  const { operands, options, flags } = parseCommandLine(command, args)
  if (flags.has('help')) return printed(commandHelp(PROGRAM, command))
  const config = loadConfig()
  const connections = connecting(config)
  try {
    const answer = await command.run({ operands, options, flags, config, connect: connections.connect })
    if (!('isList' in answer)) return shown(answer, flags.has('json'))
    await printPieces(flags.has('json') ? answer.json() : answer.text(terminalColumns()))
    return 0
  } finally {
    await connections.close()
  }
}

function shown({ json, text, exitCode = 0 }: Answer, asJson: boolean): number {
  print(asJson ? `${JSON.stringify(json, null, 2)}\n` : text(terminalColumns()))
  return exitCode
}

function connecting(config: Config) {
  let connection: Promise<Connection> | null = null
  return {
    connect: () => {
      connection ??= connect(config)
      return connection
    },
    close: async () => {
      await (await connection?.catch(() => null))?.close()
    },
  }
}
