import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Test } from 'tap'
import { buildCommand } from './build.js'

export interface PeopleOutcome {
  /** Null after a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What --json printed. */
  json<T = Record<string, unknown>>(): T
}

export interface Given {
  readonly stdin?: string
  /** From file descriptor 3 on: --password-fd 3. */
  readonly secrets?: readonly string[]
}

/** The command of one person, who has his profiles in a folder of his own. */
export class Person {
  readonly #t: Test
  readonly #home: string
  readonly #command: string

  constructor(t: Test, home: string, command: string) {
    this.#t = t
    this.#home = home
    this.#command = command
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, XDG_STATE_HOME: this.#home, TZ: 'UTC' }
  }

  /** What a shell runs. */
  get argv(): readonly [string, string] {
    return [process.execPath, this.#command]
  }

  start(args: readonly string[], { secrets = [] }: Given = {}): ChildProcess {
    const stdio = ['pipe', 'pipe', 'pipe', ...secrets.map(() => 'pipe' as const)] as 'pipe'[]
    const child = spawn(process.execPath, [this.#command, ...args], { env: this.environment, stdio })
    this.#t.teardown(() => child.kill('SIGKILL'))
    for (const [index, secret] of secrets.entries()) (child.stdio[index + 3] as Writable).end(`${secret}\n`)
    return child
  }

  async run(args: readonly string[], given: Given = {}): Promise<PeopleOutcome> {
    const child = this.start(args, given)
    child.stdin?.end(given.stdin)
    const output = { stdout: '', stderr: '' }
    child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, ...output, json: () => JSON.parse(output.stdout) }
  }

  /** What --json answers; throws where the command failed. */
  async json<T = Record<string, unknown>>(...args: readonly string[]): Promise<T> {
    const outcome = await this.run([...args, '--json'])
    if (outcome.code !== 0) throw new Error(`hermes ${args.join(' ')}: ${outcome.stderr}`)
    return outcome.json<T>()
  }
}

export const PASSWORDS = ['a long server password', 'a second password'] as const
export const PASSWORD_FDS = ['--password-fd', '3', '--key-password-fd', '4'] as const

/** Somebody who has joined and registered. */
export async function registeredPerson(
  t: Test,
  directory: string,
  server: { readonly identityUrl: string; readonly rootFingerprint: string },
  username: string,
): Promise<Person> {
  const person = new Person(t, join(directory, `home-${username}`), await buildCommand())
  await person.json('join', server.identityUrl, '--fingerprint', server.rootFingerprint, '--device', `of-${username}`)
  const { code, stderr } = await person.run(['register', username, ...PASSWORD_FDS], { secrets: PASSWORDS })
  if (code !== 0) throw new Error(`hermes register ${username}: ${stderr}`)
  return person
}
