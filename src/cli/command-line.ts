import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type CommandShape, type Operand, type Option, type ParsedLine, UsageError } from './command.js'

const EVERYWHERE: NonNullable<ParseArgsConfig['options']> = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
}

/** What follows the name of a command. Throws UsageError naming what does not fit. */
export function parseCommandLine(command: CommandShape, args: readonly string[]): ParsedLine {
  const { values, positionals } = parse(command, args)
  const flags = new Set(Object.entries(values).flatMap(([name, value]) => (value === true ? [name] : [])))
  const options = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
  // Whoever asks for help need not say the rest.
  if (!flags.has('help')) check(command, positionals, options)
  return { operands: positionals, options, flags }
}

function parse({ options = {} }: CommandShape, args: readonly string[]) {
  const own = Object.entries(options).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' }])
  try {
    return parseArgs({
      args: [...args],
      options: { ...(Object.fromEntries(own) as typeof EVERYWHERE), ...EVERYWHERE },
      allowPositionals: true,
    })
  } catch (error) {
    const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
    throw isUsage ? new UsageError(error.message) : error
  }
}

function check(
  { operands = [], options = {} }: CommandShape,
  given: readonly string[],
  values: Readonly<Record<string, string>>,
): void {
  checkOperands(operands, given)
  for (const [name, option] of Object.entries(options)) checkOption(name, option, values[name])
}

function checkOperands(operands: readonly Operand[], given: readonly string[]): void {
  const missing = operands[given.length]
  if (missing !== undefined && !missing.isOptional)
    throw new UsageError(`<${missing.name}> is missing: ${missing.description}`)
  for (const [index, { name, allowed }] of operands.entries())
    if (allowed && given[index] !== undefined && !allowed.includes(given[index]))
      throw new UsageError(`<${name}> cannot be ${given[index]}${among(allowed)}`)
  if (given.length > operands.length && !operands.at(-1)?.isRepeated)
    throw new UsageError(`unexpected ${given.slice(operands.length).join(' ')}`)
}

function checkOption(name: string, { value, allowed, isRequired }: Option, given: string | undefined): void {
  if (given === undefined && isRequired) throw new UsageError(`--${name} ${value} is missing${among(allowed)}`)
  if (given !== undefined && allowed && !allowed.includes(given))
    throw new UsageError(`--${name} cannot be ${given}${among(allowed)}`)
}

function among(allowed: readonly string[] | undefined): string {
  return allowed === undefined ? '' : `: it must be one of ${allowed.join(', ')}`
}
