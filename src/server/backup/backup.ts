import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { backUpDatabase } from '../../store/sqlite/backup.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { readStable, syncPath, writeSynced } from './files.js'
import { type Manifest, writeManifest } from './manifest.js'

export interface Backup {
  readonly folder: string
  /** As of when. */
  readonly createdAt: string
  /** Paths within the folder. */
  readonly files: readonly string[]
}

/**
 * Makes `folder` (0700): the database as `hermes.db`, and the files of the certificate folder under `certs` (0600). It
 * appears whole or not at all, and replaces nothing. Throws `invalid_request` where something has that name.
 */
export async function backUp({ databaseUrl, certsDir }: Config, folder: string, now: Date): Promise<Backup> {
  const target = resolve(folder)
  await refuseExisting(target)
  const draft = join(dirname(target), `.hermes-backup-${randomUUID()}`)
  try {
    await mkdir(draft, { mode: 0o700 })
    const { createdAt, files } = await fill(draft, databasePath(databaseUrl), certsDir, now)
    await refuseExisting(target)
    await rename(draft, target)
    await syncPath(dirname(target))
    return { folder: target, createdAt, files: Object.keys(files) }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error instanceof HermesError ? error : failed(target, error)
  }
}

async function fill(draft: string, database: string, certsDir: string, now: Date): Promise<Manifest> {
  await backUpDatabase(database, join(draft, 'hermes.db'))
  await syncPath(join(draft, 'hermes.db'))
  const certificates = await readStable(certsDir)
  await mkdir(join(draft, 'certs'), { mode: 0o700 })
  for (const [name, content] of certificates) await writeSynced(join(draft, 'certs', name), content)
  await syncPath(join(draft, 'certs'))
  const names = [...certificates.keys()].map((name) => `certs/${name}`)
  const manifest = await writeManifest(draft, ['hermes.db', ...names], now)
  await syncPath(draft)
  return manifest
}

async function refuseExisting(target: string): Promise<void> {
  const existing = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw failed(target, error)
  })
  if (existing !== null)
    throw new HermesError('invalid_request', `${target} exists, and a backup replaces nothing: name a new folder`)
}

function failed(target: string, cause: unknown): HermesError {
  if (!existsSync(dirname(target)))
    return new HermesError(
      'invalid_request',
      `There is no folder ${dirname(target)}: mkdir -p -m 700 ${dirname(target)}`,
      { cause },
    )
  const reason = cause instanceof Error ? cause.message : String(cause)
  const sentence = `No backup was made in ${target}: ${reason}; name a folder with room that this user may write`
  return new HermesError('unavailable', sentence, { cause })
}
