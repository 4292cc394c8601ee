import { resolve } from 'node:path'
import { databasePath } from '../../../store/sqlite/database-file.js'
import { type Check, type Facts, failure } from '../facts.js'

const REMEDY =
  'run this in the folder of the server, with its variables (HERMES_CERTS_DIR, HERMES_DATABASE_URL); or start one: "hermes serve"'

/** One finding for an operator in a wrong folder, where all else would be missing too; null where anything is here. */
export function absence({ folder, keys, certificates, databaseFiles, config }: Facts): Check | null {
  const isFolderEmpty = keys.length === 0 && certificates.length === 0 && (isMissing(folder) || 'value' in folder)
  if (databaseFiles === null || !isMissing(databaseFiles.file) || !isFolderEmpty) return null
  const detail = `there is none here: no CA in ${resolve(config.certsDir)}, and no ${databasePath(config.databaseUrl)}`
  return failure('installation', detail, REMEDY)
}

function isMissing(read: Facts['folder']): boolean {
  return 'problem' in read && read.problem.startsWith('ENOENT')
}
