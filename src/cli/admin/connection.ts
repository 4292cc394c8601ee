import { once } from 'node:events'
import { lstat, stat } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { refusalFromHttp } from '../../client/refusal.js'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { isAnswered } from '../../server/admin/socket.js'
import { ownedBy, type SocketAddress, socketAddress, socketPath } from '../../server/admin/socket-address.js'

/** Administration, in a running server or here. */
export interface Connection {
  /** The answer's JSON, null for none; rejects with a `Refusal`. */
  call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown>
  close(): Promise<void>
}

/** Connects to the server that runs on this database; when none does, opens the database, so that none can. */
export async function connect(config: Config): Promise<Connection> {
  const served = await toServer(config)
  if (served !== null) return served
  try {
    return await toDatabase(config)
  } catch (error) {
    // It may have started meanwhile.
    const late = await toServer(config)
    if (late !== null) return late
    throw error
  }
}

/** Null: no server runs. */
async function toServer(config: Config): Promise<Connection | null> {
  const path = socketPath(config)
  try {
    const address = socketAddress(path)
    await requireOwner(path, ownedBy(config))
    if (await isAnswered(address.name)) return throughSocket(address)
    address.release()
    return null
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    if (cause instanceof HermesError) throw cause
    const remedy = code === 'EACCES' ? 'run this as the user that runs the server' : 'see to that file'
    throw new HermesError('unavailable', `The server's socket ${path} cannot be opened (${code}): ${remedy}`, { cause })
  }
}

/** Whoever listens there is told what an operator says: it must be he, root, or whose the database is. */
async function requireOwner(socket: string, database: string): Promise<void> {
  const { uid } = await lstat(socket)
  const owner = await stat(database).then(
    (found) => found.uid,
    () => null,
  )
  if ([0, process.getuid?.(), owner].includes(uid)) return
  const sentence = `The server's socket ${socket} belongs to the user ${uid}, and the database does not: see who made it`
  throw new HermesError('unavailable', sentence)
}

function throughSocket(address: SocketAddress): Connection {
  return {
    call: (method, target, body) => exchange(address.name, method, target, body),
    close: async () => address.release(),
  }
}

async function exchange(socketPath: string, method: string, path: string, body: object | undefined): Promise<unknown> {
  const headers = { host: 'localhost', ...(body && { 'content-type': 'application/json' }) }
  const outgoing = httpRequest({ socketPath, method, path, headers, agent: false })
  outgoing.end(body && JSON.stringify(body))
  const answer = once(outgoing, 'response').then(async ([incoming]) => [incoming.statusCode, await text(incoming)])
  const [status, answered] = await answer.catch((cause: unknown) => {
    const remedy = 'start it again, and look with "hermes admin audit" whether it was done'
    throw new HermesError('unavailable', `The server ended before it answered: ${remedy}`, { cause })
  })
  return resultOf(status, answered)
}

async function toDatabase(config: Config): Promise<Connection> {
  // Large, and needed only where no server runs.
  const { openAdministration } = await import('../../server/admin/offline.js')
  const app = await openAdministration(config)
  return {
    async call(method, url, body) {
      // All of it may go on without a turn of the event loop, and until then what the answers before held is kept.
      await setImmediate()
      const answer = await app.inject({ method, url, ...(body && { payload: body }) })
      return resultOf(answer.statusCode, answer.body)
    },
    close: () => app.close(),
  }
}

function resultOf(status: number, body: string): unknown {
  if (status >= 400) throw refusalFromHttp(status, body, undefined)
  return body === '' ? null : JSON.parse(body)
}
