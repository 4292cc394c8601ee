import type { Config } from '../../config.js'
import type { Connection } from './connection.js'

/** What stands behind a command in a fixed place; each must be given. */
export interface Operand {
  readonly name: string
  /** The values it may have; absent where the server says. */
  readonly allowed?: readonly string[]
  readonly description: string
}

export interface Option {
  /** What stands for its value in the help; absent where it has none. */
  readonly value?: string
  /** The values it may have; absent where the server says. */
  readonly allowed?: readonly string[]
  readonly isRequired?: boolean
  readonly description: string
}

/** One command line, parsed. */
export interface Invocation {
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, string | undefined>>
  readonly flags: ReadonlySet<string>
  readonly config: Config
  /** To the server that runs, or else to its database; opened once. */
  readonly connect: () => Promise<Connection>
}

export interface Answer {
  /** With --json. Its form is documented in docs/administration.md and stays. */
  readonly json: unknown
  /** Without, for a terminal that is so many characters wide. */
  readonly text: (columns: number) => string
  /** 0 unless said. */
  readonly exitCode?: number
}

/** A command of `hermes admin`; `--json` and `--help` are every command's. */
export interface AdminCommand {
  readonly name: string
  readonly summary: string
  readonly operands?: readonly Operand[]
  readonly options?: Readonly<Record<string, Option>>
  run(invocation: Invocation): Promise<Answer>
}

/** A command line that says nothing that can be done: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
