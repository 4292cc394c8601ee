import { randomBytes } from 'node:crypto'
import { chmod, type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { ClientError } from '../client-error.js'

const NAME = /^lock\.(\d+)\.[0-9a-f-]+$/
/** Of the path of a socket, as unix(7) has it on every system. */
const PATH_BYTES_MAX = 103
/** Nobody listens there any more. Whatever else a system says, somebody may. */
const ENDED: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']

export interface Lock {
  release(): Promise<void>
}

/**
 * Takes a folder for this process, until it is released or the process ends: a socket in it that listens is what holds
 * it, and the system ends that with the process, whose number may soon be another's. Each taker makes a socket of its
 * own before it looks for others, so of two at once never both succeed. Throws ClientError `directory_in_use` or
 * `directory_unfit`.
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const own = `lock.${process.pid}.${randomBytes(8).toString('hex')}`
  const folder = await open(directory)
  const release = async (server?: Server) => {
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)))
    await rm(join(directory, own), { force: true })
    await folder.close()
  }
  const server = await listen(socketPath(directory, folder, own)).catch(async (cause: Error) => {
    await release()
    const why = 'is the path too long, or is it on a file system without sockets?'
    throw new ClientError('directory_unfit', `${directory} cannot be locked (${cause.message}): ${why}`, { cause })
  })
  await chmod(join(directory, own), 0o600)
  const other = await findOther(directory, folder, own)
  if (other === null) return { release: () => release(server) }
  await release(server)
  throw new ClientError('directory_in_use', `process ${NAME.exec(other)?.[1]} uses ${directory}: end it`)
}

/** One that is too long is reached through the open folder, where the system has such paths. */
function socketPath(directory: string, folder: FileHandle, name: string): string {
  const path = join(directory, name)
  return Buffer.byteLength(path) <= PATH_BYTES_MAX ? path : join(`/proc/self/fd/${folder.fd}`, name)
}

function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, exclusive: true }, () => resolve(server.unref()))
  })
}

async function findOther(directory: string, folder: FileHandle, own: string): Promise<string | null> {
  for (const name of await readdir(directory)) {
    if (!NAME.test(name) || name === own) continue
    if (await isHeld(socketPath(directory, folder, name))) return name
    await rm(join(directory, name), { force: true })
  }
  return null
}

function isHeld(path: string): Promise<boolean> {
  const socket = connect(path)
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(!ENDED.includes(code)))
  }).finally(() => socket.destroy())
}
