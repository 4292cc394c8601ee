import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { refusal, systemCode } from './refusal.js'

/** Holds a complete, durable set of files that is being moved into place. */
export const READY = '.ready'
const WRITING = '.writing-'
const STALE_MS = 600_000
/** Only the server's own pair and the root's CRL are ever replaced. */
const REPLACEABLE: ReadonlySet<string> = new Set(['server.key', 'server.pem', 'root-ca.crl'])

async function synchronise(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', file.endsWith('.key') ? 0o600 : 0o644)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error) => systemCode(error) !== 'ENOENT',
  )
}

async function refuseToReplace(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (REPLACEABLE.has(name) || !(await exists(join(directory, name)))) continue
    const problem = `it exists, and ${join(directory, READY)} holds another`
    throw refusal(
      join(directory, name),
      problem,
      `keep this one and remove ${READY}, or restore the folder from your backup`,
    )
  }
}

/** Moves what an earlier, interrupted publication left ready. Does nothing when there is none. */
export async function completePublication(directory: string): Promise<void> {
  const ready = join(directory, READY)
  const names = await readdir(ready).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  })
  if (names === null) return
  await refuseToReplace(directory, names)
  for (const name of names) await unlessGone(rename(join(ready, name), join(directory, name)))
  await synchronise(directory)
  await unlessGone(rmdir(ready))
}

/** Another process may complete the same at the same time. */
async function unlessGone(step: Promise<void>): Promise<void> {
  await step.catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
}

/** Removes what a crash left half written; nothing in it was ever used. */
async function removeStale(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(WRITING)) continue
    const folder = join(directory, name)
    const { mtimeMs } = await stat(folder)
    if (Date.now() - mtimeMs > STALE_MS) await rm(folder, { recursive: true, force: true })
  }
}

/** Makes the folder if need be, and completes what an earlier start left unfinished. */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await completePublication(directory)
    await removeStale(directory)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    throw refusal(directory, `the folder cannot be used (${code})`, 'make it a folder that Hermes may write', cause)
  }
}

async function stage(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  const writing = await mkdtemp(join(directory, WRITING)) // mode 0700
  try {
    for (const [name, text] of files) await writeDurably(join(writing, name), text)
    await synchronise(writing)
    await refuseToReplace(directory, [...files.keys()])
    await rename(writing, join(directory, READY))
  } catch (error) {
    await rm(writing, { recursive: true, force: true })
    throw error
  }
  await synchronise(directory)
}

/**
 * Writes files into the folder so that a crash leaves all of them or none: they are written and flushed in a folder
 * beside, which one rename makes ready; the next start, or the next publication, completes what is ready. A .key gets mode 0600.
 */
export async function publish(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    await chmod(directory, 0o700)
    await completePublication(directory)
    await stage(directory, files)
    await completePublication(directory)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    const names = [...files.keys()].join(', ')
    throw refusal(directory, `${names} cannot be written (${code})`, 'make it a folder that Hermes may write', cause)
  }
}
