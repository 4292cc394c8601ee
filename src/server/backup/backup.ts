import { mkdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { parseAuthorityCertificate } from '../../pki/authority.js'
import { backUpDatabase } from '../../store/sqlite/backup.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { readStable, syncPath, writeSynced } from './files.js'
import { DATABASE, type Manifest, missingAmong, writeManifest } from './manifest.js'
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
  const { rootFingerprint } = await backUpDatabase(database, join(draft, DATABASE))
  await syncPath(join(draft, DATABASE))
  const certificates = await readStable(certsDir)
  const names = [DATABASE, ...[...certificates.keys()].map((name) => `certs/${name}`)]
  refuseStrange(certsDir, missingAmong(names), certificates.get('root-ca.pem'), rootFingerprint)
  await mkdir(join(draft, 'certs'), { mode: 0o700 })
  for (const [name, content] of certificates) await writeSynced(join(draft, 'certs', name), content)
  await syncPath(join(draft, 'certs'))
  return writeManifest(draft, names, now)
}

/** Nobody could start a server with a database and the certificates of another, or of none. */
function refuseStrange(
  certsDir: string,
  missing: string | undefined,
  root: Buffer | undefined,
  rootFingerprint: string | null,
): void {
  const found = root && parseAuthorityCertificate(String(root)).fingerprint
  const isAnother = rootFingerprint !== null && found !== rootFingerprint
  if (missing === undefined && !isAnother) return
  const problem = missing === undefined ? 'belongs to another database' : `has no ${basename(missing)}`
  const remedy = 'let HERMES_CERTS_DIR name the folder that the server has'
  throw new HermesError('invalid_request', `${certsDir} ${problem}, so no backup was made: ${remedy}`)
}
