import type { Answer, CommandShape, ParsedLine } from '../command.js'
import type { Passwords } from './passwords.js'
import type { Session } from './session.js'

/** One command line, parsed. */
export interface Invocation extends ParsedLine {
  readonly session: Session
  readonly passwords: Passwords
  /** Aborted when the person, or the system, wants an end. */
  readonly stop: AbortSignal
}

/** A command for people; `--profile` is every command's. Its answer is documented in docs/cli.md. */
export interface PeopleCommand extends CommandShape {
  /** A number is the exit code of what has written itself what there was to say. */
  run(invocation: Invocation): Promise<Answer | number>
}
