import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../free-port.js'
import { findProgram, requireProgram } from './find-program.js'
import { ordinaryUser } from './identity.js'
import { Program, runProgram } from './program.js'

/** A server that nodes share, on a free port of the loopback interface. */
export interface Engine {
  readonly name: 'postgres' | 'nats'
  readonly program: Program
  readonly port: number
  /** What nodes are told of it. */
  readonly url: string
  end(): Promise<void>
}

/** Which program a cluster needs that is not installed; null when all are. */
export function missingProgram(): string | null {
  return ['initdb', 'postgres', 'nats-server'].find((name) => findProgram(name) === null) ?? null
}

/** A PostgreSQL of its own in `directory`. */
export async function startPostgres(directory: string): Promise<Engine> {
  const [initdb, postgres] = [requireProgram('initdb', 'postgresql'), requireProgram('postgres', 'postgresql')]
  const identity = ordinaryUser()
  const folder = join(directory, 'postgres')
  await mkdir(folder, { recursive: true })
  // Whoever runs it has to reach it, and to own it.
  await chmod(directory, 0o711)
  await chmod(folder, 0o777)
  const data = join(folder, 'data')
  const options = ['-U', 'hermes', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  runProgram({ file: initdb, args: ['-D', data, ...options], directory: folder, identity })
  const port = await freePort()
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'log_destination=stderr']
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const program = new Program({ file: postgres, args, directory: folder, identity }, 'ready to accept connections')
  await program.start()
  const url = `postgresql://hermes@127.0.0.1:${port}/postgres`
  return { name: 'postgres', program, port, url, end: () => program.end('SIGINT') }
}

/** A NATS of its own. */
export async function startNats(directory: string): Promise<Engine> {
  const file = requireProgram('nats-server', 'nats-server')
  const port = await freePort()
  const args = ['--addr', '127.0.0.1', '--port', String(port)]
  const program = new Program({ file, args, directory }, 'Server is ready')
  await program.start()
  return { name: 'nats', program, port, url: `nats://127.0.0.1:${port}`, end: () => program.end('SIGTERM') }
}
