import { createReadStream, existsSync, type Stats } from 'node:fs'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { isPostgres } from '../../store/postgres/address.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { lockDatabase } from '../../store/sqlite/lock.js'
import { makeOwnedFolder } from '../../store/sqlite/owner.js'
import { skipSeqsIn } from '../../store/sqlite/restore.js'
import { skipSeqs } from '../../store/transfer/fill.js'
import { openNamed } from '../held-folder.js'
import { importDatabase } from '../transfer/import.js'
import { syncPath, writeSynced } from './files.js'
import { DATABASE, EXPORT, isCertificate, type Manifest, readManifest } from './manifest.js'

/**
 * Puts a backup in the place of an installation that is not there: nothing is overwritten. The certificates come first,
 * so that a server which is started after an interruption refuses to begin anew. Throws `invalid_request` naming what
 * is in the way, or what of the backup is not as it was written, and `unavailable` while a server runs.
 */
export async function restore(config: Config, source: string): Promise<Manifest> {
  const folder = resolve(source)
  const manifest = await readManifest(folder)
  if (DATABASE in manifest.files) await restoreFile(config, folder, manifest)
  else await restoreExport(config, folder, manifest)
  return manifest
}

/** Into PostgreSQL, or SQLite, what was in PostgreSQL. */
async function restoreExport(config: Config, folder: string, manifest: Manifest): Promise<void> {
  const directory = resolve(config.certsDir)
  await refuseToOverwrite([], directory)
  await importDatabase(
    config,
    join(folder, EXPORT),
    () => {},
    async ({ run }) => {
      await run(skipSeqs())
      await copyCertificates(folder, manifest, directory, await makeOwnedFolder(directory))
    },
  )
}

async function restoreFile({ databaseUrl, certsDir }: Config, folder: string, manifest: Manifest): Promise<void> {
  if (isPostgres(databaseUrl))
    throw new HermesError(
      'invalid_request',
      `${folder} has a database of SQLite: restore it into one (HERMES_DATABASE_URL), and move that with export and import`,
    )
  const [path, directory] = [databasePath(databaseUrl), resolve(certsDir)]
  await refuseToOverwrite([path, `${path}-wal`, `${path}-journal`], directory)
  const owner = await makeOwnedFolder(dirname(path))
  const lock = lockDatabase(path)
  const partial = `${path}.partial`
  try {
    // Of a restore that was killed: SQLite would play it into this copy.
    for (const end of ['', '-wal', '-shm', '-journal']) await rm(`${partial}${end}`, { force: true })
    await writeSynced(partial, createReadStream(join(folder, DATABASE)), owner)
    skipSeqsIn(partial)
    await syncPath(partial)
    await copyCertificates(folder, manifest, directory, await makeOwnedFolder(directory))
    await rename(partial, path)
    await syncPath(dirname(path))
  } finally {
    await rm(partial, { force: true })
    lock.close()
  }
}

async function refuseToOverwrite(files: readonly string[], directory: string): Promise<void> {
  const inTheWay = files.find((file) => existsSync(file))
  const [certificate] = await certificateFiles(directory)
  const file = inTheWay ?? (certificate && join(directory, certificate))
  if (file === undefined) return
  throw new HermesError(
    'invalid_request',
    `${file} is in the way: stop the server, and move it and its folder elsewhere`,
  )
}

/** What the manifest names, whose hashes were checked, and nothing beside it. */
async function copyCertificates(folder: string, { files }: Manifest, to: string, owner: Stats): Promise<void> {
  const held = await openNamed(to)
  try {
    for (const path of Object.keys(files).filter(isCertificate))
      await writeSynced(join(held.path, basename(path)), await readFile(join(folder, path)), owner)
    await held.handle.sync()
  } finally {
    await held.handle.close()
  }
}

/** What the certificates folder has to keep; the rest is documentation. */
async function certificateFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => [])
  return names.filter((name) => /\.(pem|key|crl)$/.test(name))
}
