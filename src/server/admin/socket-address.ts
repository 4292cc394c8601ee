import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { HermesError } from '../../errors.js'
import { databasePath } from '../../store/sqlite/database-file.js'

/** What fits into `sun_path` of every Unix, in bytes. */
const ADDRESS_BYTES = 103
/** Where Linux shows the open files of a process, by number. */
const OPEN_FILES = '/proc/self/fd'

/** The socket of the server that has this database. */
export function socketPath(databaseUrl: string): string {
  return `${databasePath(databaseUrl)}.sock`
}

export interface SocketAddress {
  /** What to bind or connect to. */
  readonly name: string
  /** It is no longer used. */
  release(): void
}

/**
 * A name of the socket at `path` that is short enough for the system: from here, or from its folder, which is held open
 * for that. Throws `invalid_request` where the system has neither, and what opening the folder throws.
 */
export function socketAddress(path: string): SocketAddress {
  const fromHere = relative('.', path)
  const shorter = fromHere.length < path.length ? fromHere : path
  if (Buffer.byteLength(shorter) <= ADDRESS_BYTES) return { name: shorter, release() {} }
  if (existsSync(OPEN_FILES)) return throughFolder(path)
  const remedy = 'let HERMES_DATABASE_URL name a file whose path is shorter'
  throw new HermesError('invalid_request', `The socket ${path} has a path of over ${ADDRESS_BYTES} bytes: ${remedy}`)
}

function throughFolder(path: string): SocketAddress {
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  return { name: `${OPEN_FILES}/${folder}/${basename(path)}`, release: () => closeSync(folder) }
}
