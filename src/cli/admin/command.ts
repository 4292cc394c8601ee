import type { Config } from '../../config.js'
import type { Answer, CommandShape, ParsedLine } from '../command.js'
import type { Connection } from './connection.js'
import type { ListAnswer } from './list-answer.js'

/** One command line, parsed. */
export interface Invocation extends ParsedLine {
  readonly config: Config
  /** To the server that runs, or else to its database; opened once. */
  readonly connect: () => Promise<Connection>
}

/** A command of `hermes admin`. Its answer is documented in docs/administration.md. */
export interface AdminCommand extends CommandShape {
  run(invocation: Invocation): Promise<Answer | ListAnswer>
}
