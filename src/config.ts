import type { z } from 'zod'
import { withoutPassword } from './config/fields.js'
import { stateHomeOf } from './config/state-home.js'
import { VARIABLES } from './config/variables.js'
import { HermesError } from './errors.js'

/** A row of the table in `--help` and README; `byDefault` is null where a variable is not set. */
export interface VariableRow {
  readonly name: string
  readonly byDefault: string | null
  readonly description: string
}

/** Every variable in the order of `VARIABLES`, for people to read. */
export function variableTable(): readonly VariableRow[] {
  return Object.entries(VARIABLES).map(([name, { byDefault, description }]) => ({
    name,
    byDefault: byDefault === '' ? null : byDefault,
    description,
  }))
}

type Variables = typeof VARIABLES
type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<S>
type Unprefixed<S extends string> = S extends `HERMES_${infer Name}` ? CamelCase<Name> : never

/** The configuration: `HERMES_BCRYPT_COST` is `bcryptCost`, and so on. Frozen. */
export type Config = {
  readonly [Name in keyof Variables as Unprefixed<Name & string>]: z.infer<Variables[Name]['schema']>
}

/** Kubernetes puts these into every container that stands beside a service named hermes. */
const INJECTED = /^HERMES_(SERVICE|PORT)_/
/** And this one, which a person may mean as well. */
const INJECTED_PORT = /^(tcp|udp|sctp):\/\//
/** What tests are told, such as where a PostgreSQL is; they start servers that inherit it. */
const OF_TESTS = /^HERMES_TEST_/

function isOfOthers(name: string, value: string): boolean {
  return INJECTED.test(name) || OF_TESTS.test(name) || (name === 'HERMES_PORT' && INJECTED_PORT.test(value))
}

function unknown(name: string): HermesError {
  const hint = name === 'HERMES_PORT' ? 'the ports are HERMES_IDENTITY_PORT and HERMES_HUB_PORT; ' : ''
  return new HermesError('invalid_request', `${name} is no variable of Hermes; ${hint}"hermes serve --help" lists them`)
}

function fieldName(variableName: string): string {
  return variableName
    .slice('HERMES_'.length)
    .toLowerCase()
    .replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/**
 * Reads the configuration from `environment` (by default that of the process).
 * Throws `invalid_request` naming the first variable that is unknown or does not fit, and what is allowed.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  for (const [name, value = ''] of Object.entries(environment))
    if (name.startsWith('HERMES_') && !(name in VARIABLES) && !isOfOthers(name, value)) throw unknown(name)
  const config = Object.entries(VARIABLES).map(([name, { schema, byDefault }]) => {
    const value = environment[name] ?? byDefault
    if (value === null) return [fieldName(name), null]
    const parsed = schema.safeParse(value)
    if (parsed.success) return [fieldName(name), parsed.data]
    const rule = parsed.error.issues[0]?.message ?? 'is not valid'
    throw new HermesError('invalid_request', `${name}=${withoutPassword(value)}: ${rule}`)
  })
  return Object.freeze(Object.fromEntries(config)) as Config
}

/** As `stateHomeOf` has it for this process. */
export const stateHome = (): string => stateHomeOf(process.env)
