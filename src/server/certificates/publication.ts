import { constants, type Stats } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { HermesError } from '../../errors.js'
import { type Lock, tryLock } from '../../store/sqlite/lock.js'
import { refusal, systemCode } from './refusal.js'

/** Holds a complete, durable set of files that is being moved into place. */
export const READY = '.ready'
const WRITING = '.writing-'
/** Whoever writes into the folder has it. */
const LOCK = '.lock'
const LOCK_WAIT_MS = 10_000
const LOCK_RETRY_MS = 20
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

/** Written by root it is the folder's owner's, as whom the server runs. */
async function writeDurably(file: string, text: string, { uid, gid }: Stats): Promise<void> {
  const handle = await open(file, 'wx', file.endsWith('.key') ? 0o600 : 0o644)
  try {
    await handle.writeFile(text)
    if (process.getuid?.() === 0) await handle.chown(uid, gid)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Like its files the owner's, who must be able to end what is broken off. */
async function finish(folder: string, { uid, gid }: Stats): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    if (process.getuid?.() === 0) await handle.chown(uid, gid)
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
async function completePublication(directory: string): Promise<void> {
  const ready = join(directory, READY)
  const names = await readdir(ready).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  })
  if (names === null) return
  await refuseToReplace(directory, names)
  for (const name of names) await rename(join(ready, name), join(directory, name))
  await synchronise(directory)
  await rmdir(ready)
}

/** What a crash left half written; nothing in it was ever used. */
async function unfinished(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith(WRITING)).map((name) => join(directory, name))
}

/** Makes the folder if need be, and completes what an earlier start left unfinished. */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // A folder that is only read, with nothing to be ended, needs no lock.
    if ((await exists(join(directory, READY))) || (await unfinished(directory)).length > 0)
      await writingTo(directory, async () => {})
  } catch (cause) {
    throw cannotUse(directory, cause)
  }
}

function cannotUse(directory: string, cause: unknown): unknown {
  const code = systemCode(cause)
  if (code === undefined) return cause
  return refusal(directory, `the folder cannot be used (${code})`, 'make it a folder that Hermes may write', cause)
}

async function stage(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  const writing = await mkdtemp(join(directory, WRITING)) // mode 0700
  try {
    const owner = await stat(directory)
    for (const [name, text] of files) await writeDurably(join(writing, name), text, owner)
    await finish(writing, owner)
    await refuseToReplace(directory, [...files.keys()])
    await rename(writing, join(directory, READY))
  } catch (error) {
    await rm(writing, { recursive: true, force: true })
    throw error
  }
  await synchronise(directory)
}

/** Puts files into the folder, all or none; a .key gets mode 0600. */
export type Publish = (files: ReadonlyMap<string, string>) => Promise<void>

/**
 * Does what reads the folder and then writes into it, while no other process writes. Files are written and flushed in a
 * folder beside, which one rename makes ready, so that a crash leaves all of them or none: the next start, or the next
 * who writes, completes what is ready. Throws `unavailable` where another process keeps the folder.
 */
export async function writingTo<T>(directory: string, act: (publish: Publish) => Promise<T>): Promise<T> {
  const blamed = (cause: unknown) => {
    throw cannotUse(directory, cause)
  }
  const lock = await lockFolder(directory).catch(blamed)
  try {
    await tidy(directory).catch(blamed)
    return await act((files) => publishLocked(directory, files))
  } finally {
    lock.close()
  }
}

/** With the lock: nobody is writing. */
async function tidy(directory: string): Promise<void> {
  await completePublication(directory)
  for (const folder of await unfinished(directory)) await rm(folder, { recursive: true, force: true })
}

async function lockFolder(directory: string): Promise<Lock> {
  await chmod(directory, 0o700)
  for (let waited = 0; waited < LOCK_WAIT_MS; waited += LOCK_RETRY_MS) {
    const lock = tryLock(join(directory, LOCK))
    if (lock !== null) return lock
    await setTimeout(LOCK_RETRY_MS)
  }
  throw new HermesError('unavailable', `Another Hermes process writes into ${directory}: try again when it has ended`)
}

async function publishLocked(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    await stage(directory, files)
    await completePublication(directory)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    const names = [...files.keys()].join(', ')
    throw refusal(directory, `${names} cannot be written (${code})`, 'make it a folder that Hermes may write', cause)
  }
}

/** `writingTo` for what needs to read nothing first. */
export function publish(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  return writingTo(directory, (write) => write(files))
}
