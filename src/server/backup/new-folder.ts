import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, mkdir, readdir, rename } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { HermesError } from '../../errors.js'
import { openNamed, removeTree } from '../held-folder.js'
import { syncPath } from './files.js'

/** What the folder is, for those who read why it was not made. */
type Kind = 'backup' | 'export'

/**
 * Makes `folder` (0700) of what `fill` puts into a draft beside it: it appears whole or not at all, and replaces
 * nothing. Throws `invalid_request` where something has that name.
 */
export async function makeFolder<T>(folder: string, kind: Kind, fill: (draft: string) => Promise<T>): Promise<T> {
  const target = resolve(folder)
  await refuseExisting(target, kind)
  await removeAbandoned(dirname(target), kind)
  const draft = join(dirname(target), `.hermes-${kind}-${process.pid}-${randomUUID()}`)
  try {
    await mkdir(draft, { mode: 0o700 })
    const filled = await filling(draft, fill)
    await refuseExisting(target, kind)
    await rename(draft, target)
    await syncPath(dirname(target))
    return filled
  } catch (error) {
    await removeTree(draft).catch(() => {})
    throw error instanceof HermesError ? error : failed(target, kind, error)
  }
}

/** Held open: the folder around may be somebody else's, who could put another in the place of the draft. */
async function filling<T>(draft: string, fill: (draft: string) => Promise<T>): Promise<T> {
  const folder = await openNamed(draft)
  try {
    const filled = await fill(folder.path)
    await folder.handle.sync()
    return filled
  } finally {
    await folder.handle.close()
  }
}

/** Of processes that were killed: there may be keys in them. */
async function removeAbandoned(folder: string, kind: Kind): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid] = new RegExp(`^\\.hermes-${kind}-(\\d+)-`).exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid))) await removeTree(join(folder, name))
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function refuseExisting(target: string, kind: Kind): Promise<void> {
  const existing = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw failed(target, kind, error)
  })
  if (existing !== null)
    throw new HermesError(
      'invalid_request',
      `${target} exists, and ${articled(kind)} replaces nothing: name a new folder`,
    )
}

const articled = (kind: Kind): string => (kind === 'export' ? `an ${kind}` : `a ${kind}`)

function failed(target: string, kind: Kind, cause: unknown): HermesError {
  if (!existsSync(dirname(target)))
    return new HermesError(
      'invalid_request',
      `There is no folder ${dirname(target)}: mkdir -p -m 700 ${dirname(target)}`,
      { cause },
    )
  const reason = cause instanceof Error ? cause.message : String(cause)
  const sentence = `No ${kind} was made in ${target}: ${reason}; name a folder with room that this user may write`
  return new HermesError('unavailable', sentence, { cause })
}
