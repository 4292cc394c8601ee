import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { isPostgres } from '../../store/postgres/address.js'
import { databasePath } from '../../store/sqlite/database-file.js'

/** What fits into `sun_path` of every Unix, in bytes. */
const ADDRESS_BYTES = 103
/** Where Linux shows the open files of a process, by number. */
const OPEN_FILES = '/proc/self/fd'

type Places = Pick<Config, 'adminSocket' | 'databaseUrl' | 'certsDir'>

/**
 * What only the user has that may make the socket: the file of the database, or where that is none the certificates.
 */
export const ownedBy = ({ databaseUrl, certsDir }: Places): string =>
  isPostgres(databaseUrl) ? resolve(certsDir) : databasePath(databaseUrl)

/**
 * The socket of the server that has this database; of one in PostgreSQL, which others may have too, that of this node.
 */
export function socketPath(config: Places): string {
  if (config.adminSocket !== null) return resolve(config.adminSocket)
  return isPostgres(config.databaseUrl) ? join(ownedBy(config), 'admin.sock') : `${ownedBy(config)}.sock`
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
  const remedy = 'let HERMES_ADMIN_SOCKET name a shorter path'
  throw new HermesError('invalid_request', `The socket ${path} has a path of over ${ADDRESS_BYTES} bytes: ${remedy}`)
}

function throughFolder(path: string): SocketAddress {
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  return { name: `${OPEN_FILES}/${folder}/${basename(path)}`, release: () => closeSync(folder) }
}
