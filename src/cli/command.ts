/** What stands behind a command in a fixed place. */
export interface Operand {
  readonly name: string
  /** The values it may have; absent where the server says. */
  readonly allowed?: readonly string[]
  /** It may be left out; none that must be given comes after it. */
  readonly isOptional?: boolean
  /** It may be given several times; only the last of a command may. */
  readonly isRepeated?: boolean
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

/** What a command is called and takes; `--json` and `--help` are every command's. */
export interface CommandShape {
  readonly name: string
  readonly summary: string
  readonly operands?: readonly Operand[]
  readonly options?: Readonly<Record<string, Option>>
}

/** What follows the name of a command, parsed. */
export interface ParsedLine {
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, string | undefined>>
  readonly flags: ReadonlySet<string>
}

export interface Answer {
  /** With --json. Its form is documented, and stays. */
  readonly json: unknown
  /** Without, for a terminal that is so many characters wide. */
  readonly text: (columns: number) => string
  /** 0 unless said. */
  readonly exitCode?: number
}

/** A command line that says nothing that can be done: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
