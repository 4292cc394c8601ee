#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Refusal } from '../client/refusal.js'
import { variableTable } from '../config.js'
import { HermesError } from '../errors.js'
import { complain, print } from './output.js'

const USAGE = `Usage: hermes <command>

  serve        starts the server: its own certificate authority, both listeners, the database
  admin        administers users and certificates; "hermes admin --help" lists how
  --help       this text; "hermes serve --help" lists the variables
  --version    the version
`

/** Runs one command line; answers the exit code. */
async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === 'serve' && rest.includes('--help')) return printed(serveHelp())
  // Each loads what it needs alone: the server is large, and commands should be quick.
  if (command === 'serve' && rest.length === 0) return (await import('./serve.js')).serve()
  if (command === 'admin') return (await import('./admin/admin.js')).admin(rest)
  if (command === '--version' || command === 'version') return printed(`${version()}\n`)
  if (command === '--help' || command === '-h' || command === 'help') return printed(USAGE)
  complain(command === undefined ? USAGE : `hermes: unknown command: ${[command, ...rest].join(' ')}\n\n${USAGE}`)
  return 2
}

function printed(text: string): number {
  print(text)
  return 0
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
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
