import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HermesError } from '../errors.js'

export interface Migration {
  /** Its number: the schema version after it. */
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** As deep below the root of the package from src/ as from dist/. */
const PRISMA = fileURLToPath(new URL('../../prisma/', import.meta.url))

/**
 * The migrations of this program for one engine, in order: `NNNN_name/migration.sql`, numbered from 1 without holes.
 */
export function readMigrationFiles(folder: string): readonly Migration[] {
  const names = readdirSync(`${PRISMA}${folder}`)
    .filter((name) => /^\d{4}_/.test(name))
    .sort()
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4))
    if (version !== index + 1) throw new HermesError('internal', `Migration ${name} should have number ${index + 1}`)
    return { version, name, sql: readFileSync(`${PRISMA}${folder}/${name}/migration.sql`, 'utf8') }
  })
}

/** Rejects a schema that a newer program made. `database` names it. */
export function refuseNewer(version: number, migrations: readonly Migration[], database: string): void {
  if (version <= migrations.length) return
  throw new HermesError(
    'invalid_request',
    `The database ${database} has schema version ${version}, newer than this program's ${migrations.length}; run the newer program, or restore a backup`,
  )
}
