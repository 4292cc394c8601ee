import { once } from 'node:events'
import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { HermesError } from '../../errors.js'
import { type SocketAddress, socketAddress } from './socket-address.js'

/** Leaves the socket 0600. */
const OWNER_ALONE = 0o177

/**
 * Has `app` listen on a Unix socket that this user alone may open, from the moment on that it is there, and which goes
 * when the app closes. What a dead server left is replaced. Throws `invalid_request` or `unavailable` in one line.
 */
export async function listenPrivately(app: FastifyInstance, path: string): Promise<void> {
  const address = await naming(path, async () => socketAddress(path))
  // Fastify closes only what it has listened with itself.
  app.addHook('onClose', () => closing(app, address))
  await app.ready()
  await naming(path, () => removeStale(path, address))
  const umask = process.umask(OWNER_ALONE)
  try {
    // The file is there before this returns: no other file gets this mode.
    app.server.listen(address.name)
  } finally {
    process.umask(umask)
  }
  await naming(path, () => once(app.server, 'listening'))
}

function closing(app: FastifyInstance, address: SocketAddress): Promise<void> {
  return new Promise((resolve) => {
    app.server.close(() => {
      address.release()
      resolve()
    })
  })
}

async function removeStale(path: string, { name }: SocketAddress): Promise<void> {
  const found = await lstat(name).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return null
    throw cause
  })
  if (found === null) return
  if (!found.isSocket()) throw new HermesError('invalid_request', `${path} is no socket of a server: move it away`)
  if (await isAnswered(name))
    throw new HermesError('unavailable', `The socket ${path} is in use by another process; end it, then start again`)
  await unlink(name)
}

/** Whether somebody listens there. Rejects with the system's error when that cannot be told. */
export async function isAnswered(address: string): Promise<boolean> {
  const socket = connect(address)
  try {
    await once(socket, 'connect')
    return true
  } catch (cause) {
    if (codeOf(cause) === 'ECONNREFUSED' || codeOf(cause) === 'ENOENT') return false
    throw cause
  } finally {
    socket.destroy()
  }
}

/** Makes an error of the system a refusal that names the socket. */
async function naming<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    if (cause instanceof HermesError) throw cause
    const remedy = 'let HERMES_ADMIN_SOCKET, or HERMES_DATABASE_URL, name a file in a folder that this user may write'
    throw new HermesError('invalid_request', `The socket ${path} cannot be made (${codeOf(cause)}): ${remedy}`, {
      cause,
    })
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
