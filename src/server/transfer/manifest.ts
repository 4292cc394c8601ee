import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HermesError } from '../../errors.js'
import { TABLES } from '../../store/transfer/tables.js'
import { writeSynced } from '../backup/files.js'
import { type Content, readLines, Tally } from './files.js'
import type { Report } from './report.js'

const MANIFEST = 'manifest.json'
const PAGE = 1000

const count = z.number().int().nonnegative()
const Manifest = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  tables: z.record(z.string(), z.object({ columns: z.array(z.string()), rows: count, sha256: z.string() })),
  /** The last id that was given out in each table whose ids are never given twice. */
  lastIds: z.record(z.string(), count),
})
export type Manifest = z.infer<typeof Manifest>
export type TableManifest = Manifest['tables'][string]

/** Where the rows of a table are, a line each. */
export const fileOf = (folder: string, table: string): string => join(folder, `${table}.ndjson`)

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeSynced(join(folder, MANIFEST), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
}

/** What an export holds, each file as it was written. Throws `invalid_request` naming the first that is not. */
export async function readManifest(folder: string, report: Report): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch((cause: unknown) => {
    throw refusal(`${folder} is no export: it has no ${MANIFEST}`, cause)
  })
  const manifest = parse(folder, text)
  for (const { name } of TABLES) await requireFile(folder, name, manifest.tables[name], report)
  return manifest
}

function parse(folder: string, text: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw refusal(`${join(folder, MANIFEST)} is not what this program writes`, cause)
  }
}

async function requireFile(folder: string, name: string, said: Content | undefined, report: Report): Promise<void> {
  if (said === undefined) throw refusal(`${join(folder, MANIFEST)} names no table ${name}`)
  const path = fileOf(folder, name)
  const tally = new Tally()
  try {
    for await (const lines of readLines(path, PAGE)) {
      tally.add(lines)
      report('checked', name, tally.rows, said.rows)
    }
  } catch (cause) {
    throw refusal(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'no text'})`, cause)
  }
  const { rows, sha256 } = tally.end()
  if (rows !== said.rows) throw refusal(`${path} has ${rows} rows and not ${said.rows}`)
  if (sha256 !== said.sha256) throw refusal(`${path} is not as it was written`)
}

function refusal(problem: string, cause?: unknown): HermesError {
  return new HermesError('invalid_request', `${problem}; export again`, { cause })
}
