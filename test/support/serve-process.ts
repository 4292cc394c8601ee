import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { buildCommand } from './build.js'
import type { TestServer } from './server.js'

const START_MS = 60_000

/** What `hermes serve` came to when it did not start, or has ended. */
export interface Ended {
  /** Null after a signal. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** `hermes serve` that is ready. */
export interface ServeProcess {
  readonly child: ChildProcess
  readonly identityUrl: string
  readonly hubUrl: string
  readonly rootFingerprint: string
  readonly stdout: string
  readonly ended: Promise<Ended>
}

export interface ServeOptions {
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  /** By default src/ as it is, compiled. */
  readonly command?: string
}

/** A folder that goes with the test. */
export async function temporaryFolder(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-serve-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function run(t: Test, { directory, environment = {}, command }: ServeOptions) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HERMES_'))
  const env = {
    ...Object.fromEntries(inherited),
    HERMES_IDENTITY_PORT: '0',
    HERMES_HUB_PORT: '0',
    HERMES_BCRYPT_COST: '10',
    HERMES_PASSWORD_WORKERS: '1',
    HERMES_REGISTRATIONS_PER_HOUR: '0',
    HERMES_PASSWORDS_PER_MINUTE: '0',
    HERMES_LOG_LEVEL: 'error',
    ...environment,
  }
  const child = spawn(process.execPath, [command ?? (await buildCommand()), 'serve'], { cwd: directory, env })
  t.teardown(() => child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, ...output }))
  return { child, output, ended }
}

/** Starts `hermes serve` in a folder and waits until it says that it is ready. */
export async function serve(t: Test, options: ServeOptions): Promise<ServeProcess> {
  const { child, output, ended } = await run(t, options)
  const deadline = Date.now() + START_MS
  while (!output.stdout.includes('Stop with')) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`hermes serve did not start: ${output.stdout}${output.stderr}`)
    await Promise.race([once(child.stdout, 'data'), ended])
  }
  const found = (pattern: RegExp) => pattern.exec(output.stdout)?.[1] ?? ''
  return {
    child,
    identityUrl: found(/Identity +(https:\S+)/),
    hubUrl: found(/Hub +(https:\S+)/),
    rootFingerprint: found(/(sha256:[0-9a-f]{64})/),
    stdout: output.stdout,
    ended,
  }
}

/** For what takes a server of this process; `close` does nothing. */
export async function asTestServer(process: ServeProcess, directory: string): Promise<TestServer> {
  const certsDir = join(directory, 'certs')
  const databaseUrl = `file:${join(directory, 'data', 'hermes.db')}`
  const rootPem = await readFile(join(certsDir, 'root-ca.pem'), 'utf8')
  const { identityUrl, hubUrl, rootFingerprint } = process
  const rest = { created: false, trustDomain: '', metricsUrl: null, close: () => Promise.resolve() }
  return {
    ...rest,
    identityUrl,
    hubUrl,
    pkiUrl: identityUrl,
    rootFingerprint,
    directory,
    certsDir,
    databaseUrl,
    rootPem,
  }
}

/** Runs `hermes serve` where it must not start. */
export async function serveInVain(t: Test, options: ServeOptions): Promise<Ended> {
  return (await run(t, options)).ended
}
