import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { z } from 'zod'
import { ClientError } from '../client-error.js'

const OTHERS = 0o077
const DRAFT = /\.[0-9a-f-]{36}\.tmp$/

/** Makes a folder that its owner alone may enter; one that others may write to is refused. */
export async function privateFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 })
  if (made !== undefined) return chmod(path, 0o700)
  const { mode } = await stat(path)
  if ((mode & OTHERS) === 0) return
  throw new ClientError(
    'directory_unsafe',
    `others may enter ${path}: chmod 700 '${path}', or choose another directory`,
  )
}

/** The text of a file, null when there is none. Refuses one that others may read. */
export async function readPrivate(path: string): Promise<string | null> {
  try {
    const file = await open(path)
    try {
      if (((await file.stat()).mode & OTHERS) !== 0)
        throw new ClientError('directory_unsafe', `others may read ${path}: chmod 600 '${path}', and think who did`)
      return await readFile(file, 'utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** What a process that was killed had begun to write, keys among it. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (DRAFT.test(name)) await rm(join(folder, name), { force: true })
}

/** Replaces a file whole or not at all, also when the power fails; mode 0600. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** A name is durable once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** A JSON file of a known shape. */
export interface JsonFile<T> {
  /** Null when there is none yet. Throws ClientError `directory_damaged`. */
  read(): Promise<T | null>
  write(value: T): Promise<void>
}

export function jsonFile<S extends z.ZodType>(directory: string, name: string, schema: S): JsonFile<z.output<S>> {
  const path = join(directory, name)
  let last: Promise<void> = Promise.resolve()
  return {
    async read() {
      const text = await readPrivate(path)
      return text === null ? null : parse(path, text, schema)
    },
    write(value) {
      const text = `${JSON.stringify(value, null, 2)}\n`
      const written = last.then(() => writePrivate(path, text))
      last = written.catch(() => undefined)
      return written
    },
  }
}

function parse<S extends z.ZodType>(path: string, text: string, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ClientError('directory_damaged', `${path} is no file of this version: restore it, or begin anew`, {
      cause,
    })
  }
}
