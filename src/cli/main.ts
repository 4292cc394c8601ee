#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Refusal } from '../client/refusal.js'
import { variableTable } from '../config.js'
import { HermesError } from '../errors.js'
import { commandList } from './help.js'
import { complain, printed } from './output.js'

/** What is left to be written out has so long. */
const LEFT_OPEN_MS = 2000

/** Runs one command line; answers the exit code. */
async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === 'serve' && rest.includes('--help')) return printed(serveHelp())
  // Each loads what it needs alone: the server is large, and commands should be quick.
  if (name === 'serve') return rest.length === 0 ? (await import('./serve.js')).serve() : notOfServe(rest)
  if (name === 'admin') return (await import('./admin/admin.js')).admin(rest)
  if (name === '--version' || name === 'version') return printed(`${version()}\n`)
  const { PEOPLE_COMMANDS } = await import('./people/commands.js')
  const command = PEOPLE_COMMANDS.find((one) => one.name === name)
  if (command) return (await import('./people/people.js')).runForPeople(command, rest)
  const usage = help(commandList(PEOPLE_COMMANDS))
  if (name === '--help' || name === '-h' || name === 'help') return printed(usage)
  complain(name === undefined ? usage : `hermes: unknown command: ${[name, ...rest].join(' ')}\n\n${usage}`)
  return 2
}

function help(commandsForPeople: string): string {
  return `Usage: hermes <command> [options]

For those who talk to each other:
${commandsForPeople}
For whoever runs the server:
  serve  starts the server: its own certificate authority, both listeners, the database; "hermes serve --help" lists
         its variables
  admin  administers users and certificates; "hermes admin --help" lists how

--version tells the version.
`
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

function notOfServe(args: readonly string[]): number {
  complain(`hermes: serve takes no ${args.join(' ')}: variables configure it, "hermes serve --help" lists them\n`)
  return 2
}

function serveHelp(): string {
  const rows = variableTable().map(
    ({ name, byDefault, description }) => `  ${name}\n      ${description} (${byDefault ?? 'not set'})`,
  )
  return `Usage: hermes serve\n\nConfiguration is by environment variables:\n\n${rows.join('\n')}\n`
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== 0) process.exit(code)
    // What a library has left open, such as a socket whose other end is silent, keeps nothing that has ended.
    setTimeout(() => process.exit(), LEFT_OPEN_MS).unref()
  },
  (error: unknown) => {
    const line =
      error instanceof HermesError || error instanceof Refusal
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error)
    complain(`hermes: ${line}\n`)
    process.exit(1)
  },
)
