import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { lockDatabase } from '../../store/sqlite/lock.js'
import { skipSeqs } from '../../store/sqlite/restore.js'
import { syncPath, writeSynced } from './files.js'
import { DATABASE, isCertificate, type Manifest, readManifest } from './manifest.js'

/**
 * Puts a backup in the place of an installation that is not there: nothing is overwritten. The certificates come first,
 * so that a server which is started after an interruption refuses to begin anew. Throws `invalid_request` naming what
 * is in the way, or what of the backup is not as it was written, and `unavailable` while a server runs.
 */
export async function restore(config: Config, source: string): Promise<Manifest> {
  const folder = resolve(source)
  const [path, directory] = [databasePath(config.databaseUrl), resolve(config.certsDir)]
  const manifest = await readManifest(folder)
  await refuseToOverwrite(path, directory)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const lock = lockDatabase(path)
  const partial = `${path}.partial`
  try {
    // Of a restore that was killed: SQLite would play it into this copy.
    for (const end of ['', '-wal', '-shm', '-journal']) await rm(`${partial}${end}`, { force: true })
    await copyFile(join(folder, DATABASE), partial)
    await chmod(partial, 0o600)
    skipSeqs(partial)
    await syncPath(partial)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await copyCertificates(folder, manifest, directory)
    await rename(partial, path)
    await syncPath(dirname(path))
    return manifest
  } finally {
    await rm(partial, { force: true })
    lock.close()
  }
}

async function refuseToOverwrite(path: string, directory: string): Promise<void> {
  const inTheWay = [path, `${path}-wal`, `${path}-journal`].find((file) => existsSync(file))
  const [certificate] = await certificateFiles(directory)
  const file = inTheWay ?? (certificate && join(directory, certificate))
  if (file === undefined) return
  throw new HermesError(
    'invalid_request',
    `${file} is in the way: stop the server, and move it and its folder elsewhere`,
  )
}

/** What the manifest names, whose hashes were checked, and nothing beside it. */
async function copyCertificates(folder: string, { files }: Manifest, to: string): Promise<void> {
  for (const path of Object.keys(files).filter(isCertificate))
    await writeSynced(join(to, basename(path)), await readFile(join(folder, path)))
  await syncPath(to)
}

/** What the certificates folder has to keep; the rest is documentation. */
async function certificateFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => [])
  return names.filter((name) => /\.(pem|key|crl)$/.test(name))
}
