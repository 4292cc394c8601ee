import { spawnSync } from 'node:child_process'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../scripts/free-port.js'
import { isInstalled, Program, runProgram } from './program.js'
import { TcpProxy } from './proxy.js'

/** One of the servers that hubs share, and the way to it. */
export interface Part {
  readonly name: string
  readonly program: Program
  readonly proxy: TcpProxy
}

/** PostgreSQL and NATS, of this run alone. */
export interface Backbone {
  readonly postgres: Part
  readonly nats: Part
  /** What hubs are told of them. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** PostgreSQL refuses to be root's. */
const OWNERS = ['postgres', 'nobody'] as const

/** Which program a cluster needs that is not installed; null when all are. */
export function missingProgram(): string | null {
  return ['initdb', 'postgres', 'nats-server'].find((command) => !isInstalled(command)) ?? null
}

export async function startBackbone(): Promise<Backbone> {
  const owner = ownerOfPostgres()
  const directory = await mkdtemp(join(tmpdir(), 'hermes-chaos-postgres-'))
  if (owner) await chown(directory, owner.uid, owner.gid)
  const postgres = await startPostgres(join(directory, 'data'), owner)
  const nats = await startNats()
  return {
    postgres,
    nats,
    environment: {
      HERMES_DATABASE_URL: `postgresql://hermes@127.0.0.1:${postgres.proxy.port}/postgres`,
      HERMES_NATS_URL: `nats://127.0.0.1:${nats.proxy.port}`,
    },
    stop: async () => {
      for (const { proxy } of [postgres, nats]) proxy.close()
      await postgres.program.end('SIGINT')
      await nats.program.end('SIGTERM')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Null where this process may own it itself. */
function ownerOfPostgres(): Owner | null {
  if (process.getuid?.() !== 0) return null
  const idOf = (name: string, what: string) => spawnSync('id', [what, name], { encoding: 'utf8' }).stdout.trim()
  const name = OWNERS.find((candidate) => idOf(candidate, '-u') !== '')
  if (name === undefined) throw new Error('there is no user whose processes PostgreSQL could be')
  return { uid: Number(idOf(name, '-u')), gid: Number(idOf(name, '-g')) }
}

async function startPostgres(data: string, owner: Owner | null): Promise<Part> {
  const identity = owner ?? {}
  const port = await freePort()
  runProgram({
    command: 'initdb',
    args: ['-D', data, '-U', 'hermes', '-A', 'trust', '-E', 'UTF8', '--locale=C'],
    ...identity,
  })
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=100']
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  return startPart('postgres', port, { command: 'postgres', args, ready: 'ready to accept connections', ...identity })
}

async function startNats(): Promise<Part> {
  const port = await freePort()
  const args = ['--addr', '127.0.0.1', '--port', String(port)]
  return startPart('nats', port, { command: 'nats-server', args, ready: 'Server is ready' })
}

async function startPart(name: string, port: number, options: ConstructorParameters<typeof Program>[0]): Promise<Part> {
  const program = new Program(options)
  await program.start()
  return { name, program, proxy: await TcpProxy.start(() => port) }
}
