import { mkdir, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { parseAuthorityCertificate } from '../../pki/authority.js'
import { readInstallation } from '../../store/installation.js'
import { isPostgres } from '../../store/postgres/address.js'
import { backUpDatabase } from '../../store/sqlite/backup.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { copying } from '../../store/transfer/open.js'
import { writeAll } from '../transfer/export.js'
import { readStable, syncPath, writeSynced } from './files.js'
import { DATABASE, EXPORT, type Manifest, missingAmong, writeManifest } from './manifest.js'
import { makeFolder } from './new-folder.js'

export interface Backup {
  readonly folder: string
  /** As of when. */
  readonly createdAt: string
  /** Paths within the folder. */
  readonly files: readonly string[]
}

/**
 * Makes `folder`: the database, as `hermes.db` or exported into `database`, and the files of the certificate folder
 * under `certs` (0600).
 */
export async function backUp({ databaseUrl, certsDir }: Config, folder: string, now: Date): Promise<Backup> {
  const fillDraft = (draft: string) => fill(draft, databaseUrl, certsDir, now)
  const { createdAt, files } = await makeFolder(folder, 'backup', fillDraft)
  return { folder: resolve(folder), createdAt, files: Object.keys(files) }
}

async function fill(draft: string, databaseUrl: string, certsDir: string, now: Date): Promise<Manifest> {
  const copy = isPostgres(databaseUrl) ? copyServer : copyFile
  const { rootFingerprint, files } = await copy(databaseUrl, draft, now)
  const certificates = await readStable(certsDir)
  const names = [...files, ...[...certificates.keys()].map((name) => `certs/${name}`)]
  refuseStrange(certsDir, missingAmong(names), certificates.get('root-ca.pem'), rootFingerprint)
  await mkdir(join(draft, 'certs'), { mode: 0o700 })
  for (const [name, content] of certificates) await writeSynced(join(draft, 'certs', name), content)
  await syncPath(join(draft, 'certs'))
  return writeManifest(draft, names, now)
}

interface DatabaseCopy {
  /** Null before there is one. */
  readonly rootFingerprint: string | null
  /** Paths within the backup. */
  readonly files: readonly string[]
}

async function copyFile(databaseUrl: string, draft: string): Promise<DatabaseCopy> {
  const { rootFingerprint } = await backUpDatabase(databasePath(databaseUrl), join(draft, DATABASE))
  await syncPath(join(draft, DATABASE))
  return { rootFingerprint, files: [DATABASE] }
}

async function copyServer(databaseUrl: string, draft: string, now: Date): Promise<DatabaseCopy> {
  const folder = join(draft, EXPORT)
  await mkdir(folder, { mode: 0o700 })
  const installation = await copying(databaseUrl)(async (session) => {
    await writeAll(session, folder, now, () => {})
    return readInstallation(session.run)
  })
  await syncPath(folder)
  const files = (await readdir(folder)).map((name) => `${EXPORT}/${name}`)
  return { rootFingerprint: installation?.rootFingerprint ?? null, files: files.sort() }
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
