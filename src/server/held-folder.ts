import { constants, existsSync } from 'node:fs'
import { type FileHandle, lstat, open, readdir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { refusal, systemCode } from './certificates/refusal.js'

/** Where Linux shows the open files of a process, by number. */
const OPEN_FILES = '/proc/self/fd'
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY

/**
 * A folder that is held open: `path` leads there whatever its name leads to by now, which whoever owns the folder
 * around it may change at any time. Where the system shows no open files, `path` is its name.
 */
export interface HeldFolder {
  readonly path: string
  readonly handle: FileHandle
}

/**
 * Uses what is a folder by itself, not through a link; null where there is nothing of that name. People know it as
 * `shown`.
 */
export async function withFolder<T>(
  name: string,
  use: (folder: HeldFolder) => Promise<T>,
  shown = name,
): Promise<T | null> {
  const handle = await open(name, FOLDER | constants.O_NOFOLLOW).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return null
    if (systemCode(cause) !== 'ENOTDIR' && systemCode(cause) !== 'ELOOP') throw cause
    throw refusal(shown, 'it is no folder that Hermes made', 'look where it leads, and remove it', cause)
  })
  if (handle === null) return null
  try {
    return await use(held(name, handle))
  } finally {
    await handle.close()
  }
}

/**
 * A folder that an operator has named, open until its handle is closed. He may name a link; root follows one only where
 * root or the owner of the folder made it, since anybody else may let it lead to what is not his.
 */
export async function openNamed(name: string): Promise<HeldFolder> {
  const handle = await open(name, FOLDER)
  try {
    const [named, { uid }] = [await lstat(name), await handle.stat()]
    if (process.getuid?.() === 0 && named.isSymbolicLink() && named.uid !== 0 && named.uid !== uid)
      throw refusal(name, 'it is a link to a folder of somebody else than who made it', 'name the folder itself')
    return held(name, handle)
  } catch (error) {
    await handle.close()
    throw error
  }
}

function held(name: string, handle: FileHandle): HeldFolder {
  return { path: existsSync(OPEN_FILES) ? join(OPEN_FILES, String(handle.fd)) : name, handle }
}

/** Removes what has a name, with all that is in it, and follows no link, whatever is put in its place meanwhile. */
export async function removeTree(name: string): Promise<void> {
  if (!(await lstat(name)).isDirectory()) return unlink(name)
  await withFolder(name, async ({ path }) => {
    for (const one of await readdir(path)) await removeTree(join(path, one))
  })
  await rmdir(name)
}
