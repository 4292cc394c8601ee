import { UsageError } from '../command.js'
import { parseCommandLine } from '../command-line.js'
import { commandHelp, usage } from '../help.js'
import { complain, print, printed, terminalColumns } from '../output.js'
import type { PeopleCommand } from './command.js'
import { KEY_PASSWORD, type Passwords, passwordsFrom } from './passwords.js'
import { profileDirectory } from './profile.js'
import { sentenceOf } from './sentence.js'
import { Session } from './session.js'
import { untilStopped } from './until-stopped.js'

const PROGRAM = 'hermes'
/** Of a command line that is wrong. */
const USAGE = 2
/** Of what a signal ended, as shells have it. */
const INTERRUPTED = 130
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs a command for people; answers the exit code. */
export async function runForPeople(command: PeopleCommand, args: readonly string[]): Promise<number> {
  const stop = new AbortController()
  try {
    return await run(command, args, stop)
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED
    if (error instanceof UsageError) return failed(`${error.message}\n${usage(PROGRAM, command)}`, USAGE)
    const sentence = sentenceOf(error)
    if (sentence === null) throw error
    return failed(sentence, 1)
  }
}

function failed(sentence: string, code: number): number {
  complain(`hermes: ${sentence}\n`)
  return code
}

async function run(command: PeopleCommand, args: readonly string[], stop: AbortController): Promise<number> {
  const { operands, options, flags } = parseCommandLine(command, args)
  if (flags.has('help')) return printed(commandHelp(PROGRAM, command))
  const given = passwordsFrom(options)
  const passwords: Passwords = (...secrets) => untilStopped(stop.signal, given(...secrets))
  const profile = options.profile ?? 'default'
  const keyPassword = async () => (await passwords(KEY_PASSWORD))[0] ?? ''
  const session = new Session(profile, profileDirectory(profile), keyPassword)
  const restore = onSignals(stop, session)
  try {
    const answer = await command.run({ operands, options, flags, session, passwords, stop: stop.signal })
    if (typeof answer === 'number') return answer
    print(flags.has('json') ? `${JSON.stringify(answer.json, null, 2)}\n` : answer.text(terminalColumns()))
    return answer.exitCode ?? 0
  } finally {
    await session.close()
    restore()
  }
}

/** The first signal ends in order, the second at once. */
function onSignals(stop: AbortController, session: Session): () => void {
  const end = () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED)
    stop.abort()
    void session.close()
  }
  for (const signal of SIGNALS) process.on(signal, end)
  return () => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
}
