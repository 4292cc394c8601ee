import type { Stats } from 'node:fs'
import { open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { HermesError } from '../../errors.js'
import { give } from '../../store/sqlite/owner.js'
import { isNamed } from '../certificates/files.js'
import { READY } from '../certificates/publication.js'
import { ROOT_CRL } from '../certificates/root-crl.js'

const READINGS_MAX = 20
/** Between two readings, in milliseconds: whoever writes there waits for the disk. */
const PAUSE_MS = 50

/**
 * The files of a folder by name, read until two readings are alike: a server may be renewing its certificate, whose key
 * is another file.
 */
export async function readStable(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  let last = await readFiles(folder)
  for (let reading = 1; reading < READINGS_MAX; reading += 1) {
    if (last === null) await setTimeout(PAUSE_MS)
    const next = await readFiles(folder)
    if (last !== null && isDeepStrictEqual(last, next)) return last
    last = next
  }
  const sentence = `The files of ${folder} are being replaced, so no backup was made: try again, or start the server, which ends what was broken off`
  throw new HermesError('unavailable', sentence)
}

/** Null where a file was taken away meanwhile, or a set of files is half in place. */
async function readFiles(folder: string): Promise<ReadonlyMap<string, Buffer> | null> {
  const entries = await readdir(folder, { withFileTypes: true })
  if (entries.some(({ name }) => name === READY)) return null
  // Not by their type: a mounted secret is a symbolic link.
  const names = entries.map(({ name }) => name).filter((name) => isNamed(name) || name === ROOT_CRL)
  try {
    const read = names.sort().map(async (name) => [name, await readFile(join(folder, name))] as const)
    return new Map(await Promise.all(read))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Writes a new file (0600) that lasts a loss of power, once its folder is synced; by root for `owner`. */
export async function writeSynced(path: string, content: Buffer | Readable, owner?: Stats): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await writeFile(handle, content)
    if (owner !== undefined) await give(handle, owner)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Of a file or a folder. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
