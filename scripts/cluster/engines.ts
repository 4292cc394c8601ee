import { spawnSync } from 'node:child_process'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../free-port.js'
import { asOrdinaryUser, Program, requireProgram } from './program.js'

export interface Engine {
  readonly url: string
  end(): Promise<void>
}

/** A PostgreSQL of its own in `directory`, on a free port of the loopback interface; nothing else may connect. */
export async function startPostgres(directory: string): Promise<Engine> {
  const [initdb, postgres] = [requireProgram('initdb', 'postgresql'), requireProgram('postgres', 'postgresql')]
  const folder = join(directory, 'postgres')
  await mkdir(folder, { recursive: true })
  // Whoever runs it has to reach it, and to own it.
  await chmod(directory, 0o711)
  await chmod(folder, 0o777)
  const data = join(folder, 'data')
  const made = [
    initdb,
    '--pgdata',
    data,
    '--username',
    'hermes',
    '--auth',
    'trust',
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--no-sync',
  ]
  const [file = '', ...args] = asOrdinaryUser(made)
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8', cwd: folder })
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
  const port = await freePort()
  const settings = [
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'log_destination=stderr',
  ]
  const program = new Program(
    asOrdinaryUser([postgres, '-D', data, '-p', String(port), ...settings]),
    process.env,
    folder,
  )
  await program.untilItSays('database system is ready to accept connections')
  return { url: `postgresql://hermes@127.0.0.1:${port}/postgres`, end: () => program.end('SIGINT') }
}

/** A NATS of its own on a free port of the loopback interface. */
export async function startNats(directory: string): Promise<Engine> {
  const program = requireProgram('nats-server', 'nats-server')
  const port = await freePort()
  const nats = new Program([program, '--addr', '127.0.0.1', '--port', String(port)], process.env, directory)
  await nats.untilItSays('Server is ready')
  return { url: `nats://127.0.0.1:${port}`, end: () => nats.end('SIGTERM') }
}
