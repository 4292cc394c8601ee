import type { Stats } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rename, rmdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { HermesError } from '../../errors.js'
import { type Lock, tryLock } from '../../store/sqlite/lock.js'
import { type HeldFolder, openNamed, removeTree, withFolder } from '../held-folder.js'
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
async function finish({ handle }: HeldFolder, { uid, gid }: Stats): Promise<void> {
  if (process.getuid?.() === 0) await handle.chown(uid, gid)
  await handle.sync()
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error) => systemCode(error) !== 'ENOENT',
  )
}

/** Which folder is written, and as what it is known to people. */
interface Place {
  readonly folder: HeldFolder
  readonly name: string
}

async function refuseToReplace({ folder, name: directory }: Place, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (REPLACEABLE.has(name) || !(await exists(join(folder.path, name)))) continue
    const problem = `it exists, and ${join(directory, READY)} holds another`
    throw refusal(
      join(directory, name),
      problem,
      `keep this one and remove ${READY}, or restore the folder from your backup`,
    )
  }
}

/** Moves what an earlier, interrupted publication left ready. Does nothing when there is none. */
async function completePublication(place: Place): Promise<void> {
  const { folder } = place
  const ready = join(folder.path, READY)
  const move = async ({ path }: HeldFolder) => {
    const names = await readdir(path)
    await refuseToReplace(place, names)
    for (const name of names) await rename(join(path, name), join(folder.path, name))
    await folder.handle.sync()
    return true
  }
  const found = await withFolder(ready, move, join(place.name, READY))
  if (found !== null) await rmdir(ready)
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

async function stage(place: Place, files: ReadonlyMap<string, string>): Promise<void> {
  const { folder } = place
  const writing = await mkdtemp(join(folder.path, WRITING)) // mode 0700
  try {
    const owner = await folder.handle.stat()
    const fill = async (draft: HeldFolder) => {
      if ((await draft.handle.stat()).uid !== process.getuid?.())
        throw refusal(join(place.name, WRITING), 'somebody put another folder in its place', 'see who did')
      for (const [name, text] of files) await writeDurably(join(draft.path, name), text, owner)
      await finish(draft, owner)
    }
    await withFolder(writing, fill, join(place.name, basename(writing)))
    await refuseToReplace(place, [...files.keys()])
    await rename(writing, join(folder.path, READY))
  } catch (error) {
    await removeTree(writing).catch(() => {})
    throw error
  }
  await folder.handle.sync()
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
  const folder = await openNamed(directory).catch(blamed)
  try {
    const place = { folder, name: directory }
    const lock = await lockFolder(place).catch(blamed)
    try {
      await tidy(place).catch(blamed)
      return await act((files) => publishLocked(place, files))
    } finally {
      lock.close()
    }
  } finally {
    await folder.handle.close()
  }
}

/** With the lock: nobody is writing. */
async function tidy(place: Place): Promise<void> {
  await completePublication(place)
  for (const one of await unfinished(place.folder.path)) await removeTree(one)
}

async function lockFolder({ folder, name }: Place): Promise<Lock> {
  await folder.handle.chmod(0o700)
  for (let waited = 0; waited < LOCK_WAIT_MS; waited += LOCK_RETRY_MS) {
    const lock = tryLock(join(name, LOCK))
    if (lock !== null) return lock
    await setTimeout(LOCK_RETRY_MS)
  }
  throw new HermesError('unavailable', `Another Hermes process writes into ${name}: try again when it has ended`)
}

async function publishLocked(place: Place, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    await stage(place, files)
    await completePublication(place)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    const names = [...files.keys()].join(', ')
    throw refusal(place.name, `${names} cannot be written (${code})`, 'make it a folder that Hermes may write', cause)
  }
}

/** `writingTo` for what needs to read nothing first. */
export function publish(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  return writingTo(directory, (write) => write(files))
}
