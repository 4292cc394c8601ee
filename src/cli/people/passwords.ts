import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { isatty } from 'node:tty'
import { type Option, UsageError } from '../command.js'
import { askHidden } from './ask.js'

/** A password that a command needs. */
export interface Secret {
  /** The option whose value is a file descriptor to read it from. */
  readonly option: string
  readonly question: string
  /** Typed twice, since nobody sees it. */
  readonly isNew?: boolean
}

export const PASSWORD: Secret = { option: 'password-fd', question: 'Password for the server' }
export const KEY_PASSWORD: Secret = { option: 'key-password-fd', question: 'Password that locks your private key' }

export const PASSWORD_FD: Option = {
  value: 'FD',
  description: 'file descriptor to read the password for the server from',
}
export const KEY_PASSWORD_FD: Option = {
  value: 'FD',
  description: 'file descriptor to read the password that locks the private key from',
}

/** Gets passwords from file descriptors, or asks on the terminal. */
export type Passwords = (...secrets: readonly Secret[]) => Promise<readonly string[]>

/** Never from arguments or variables, which other processes may see. */
export function passwordsFrom(options: Readonly<Record<string, string | undefined>>): Passwords {
  const read = new Map<number, Promise<string>>()
  const firstLineOf = (descriptor: number) => {
    const line = read.get(descriptor) ?? firstLine(descriptor)
    read.set(descriptor, line)
    return line
  }
  return async (...secrets) => {
    const given = new Map(
      secrets.flatMap(({ option }) => {
        const value = options[option]
        return value === undefined ? [] : [[option, descriptorOf(option, value)] as const]
      }),
    )
    if (new Set(given.values()).size < given.size)
      throw new UsageError('each password needs a file descriptor of its own')
    const asked = secrets.filter(({ option }) => !given.has(option))
    const typed = await ask(asked)
    return Promise.all(secrets.map(async ({ option }) => typed.get(option) ?? firstLineOf(given.get(option) ?? 0)))
  }
}

function descriptorOf(option: string, value: string): number {
  if (/^\d{1,4}$/.test(value)) return Number(value)
  // What was given in its place may be the password.
  throw new UsageError(`--${option} must be the number of a file descriptor that is open`)
}

async function firstLine(descriptor: number): Promise<string> {
  try {
    // Others of Node's own have a number too: what it waits with is none of these, and must not be closed.
    const found = fstatSync(descriptor)
    if (!(found.isFIFO() || found.isFile() || found.isSocket() || found.isCharacterDevice()))
      throw new Error('not open')
    if (isatty(descriptor)) throw new Error('a terminal would show what is typed: leave the option out, and be asked')
    // Whoever waits on a pipe in the thread pool can be ended by nothing.
    const isPipe = found.isFIFO() || found.isSocket()
    const all = await text(
      isPipe
        ? new Socket({ fd: descriptor, writable: false })
        : createReadStream('', { fd: descriptor, autoClose: false }),
    )
    return all.split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    throw new UsageError(`nothing can be read from file descriptor ${descriptor}: ${(cause as Error).message}`)
  }
}

async function ask(secrets: readonly Secret[]): Promise<ReadonlyMap<string, string>> {
  if (secrets.length === 0) return new Map()
  if (!process.stdin.isTTY) {
    const options = secrets.map(({ option }) => `--${option} N`).join(' and ')
    throw new UsageError(`there is no terminal to ask for a password on: give ${options}`)
  }
  const answers = [...(await askHidden(secrets.flatMap(questionsOf)))]
  return new Map(secrets.map((secret) => [secret.option, takeAnswer(secret, answers)]))
}

function questionsOf({ question, isNew }: Secret): readonly string[] {
  return isNew ? [`${question}: `, `The same again: `] : [`${question}: `]
}

function takeAnswer({ question, isNew }: Secret, answers: string[]): string {
  const [answer = '', again = answer] = answers.splice(0, isNew ? 2 : 1)
  if (answer === again) return answer
  throw new UsageError(`${question}: you typed two different ones; nothing was done`)
}
