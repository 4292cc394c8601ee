import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { backUpDatabase } from '../../store/sqlite/backup.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { readStable, syncPath, writeSynced } from './files.js'
import { type Manifest, writeManifest } from './manifest.js'
import { makeFolder } from './new-folder.js'

export interface Backup {
  readonly folder: string
  /** As of when. */
  readonly createdAt: string
  /** Paths within the folder. */
  readonly files: readonly string[]
}

/** Makes `folder`: the database as `hermes.db`, and the files of the certificate folder under `certs` (0600). */
export async function backUp({ databaseUrl, certsDir }: Config, folder: string, now: Date): Promise<Backup> {
  const fillDraft = (draft: string) => fill(draft, databasePath(databaseUrl), certsDir, now)
  const { createdAt, files } = await makeFolder(folder, 'backup', fillDraft)
  return { folder: resolve(folder), createdAt, files: Object.keys(files) }
}

async function fill(draft: string, database: string, certsDir: string, now: Date): Promise<Manifest> {
  await backUpDatabase(database, join(draft, 'hermes.db'))
  await syncPath(join(draft, 'hermes.db'))
  const certificates = await readStable(certsDir)
  await mkdir(join(draft, 'certs'), { mode: 0o700 })
  for (const [name, content] of certificates) await writeSynced(join(draft, 'certs', name), content)
  await syncPath(join(draft, 'certs'))
  const names = [...certificates.keys()].map((name) => `certs/${name}`)
  return writeManifest(draft, ['hermes.db', ...names], now)
}
