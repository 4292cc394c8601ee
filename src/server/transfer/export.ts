import { resolve } from 'node:path'
import type { Config } from '../../config.js'
import { lastIds } from '../../store/transfer/fill.js'
import { reading } from '../../store/transfer/open.js'
import { linesOf } from '../../store/transfer/read.js'
import { columnsOf, countOf } from '../../store/transfer/rows.js'
import type { Session } from '../../store/transfer/session.js'
import { TABLES, type Table } from '../../store/transfer/tables.js'
import { makeFolder } from '../backup/new-folder.js'
import { writeLines } from './files.js'
import { fileOf, type Manifest, type TableManifest, writeManifest } from './manifest.js'
import type { Report } from './report.js'

export interface Exported {
  readonly folder: string
  readonly createdAt: string
  /** Rows of each table. */
  readonly rows: Readonly<Record<string, number>>
}

/**
 * Makes `folder` of the database alone, which no server may have meanwhile: a file for each table and, last, what they
 * must be. Any engine takes them.
 */
export async function exportDatabase(
  { databaseUrl }: Pick<Config, 'databaseUrl'>,
  folder: string,
  now: Date,
  report: Report,
): Promise<Exported> {
  const write = (draft: string) => reading(databaseUrl)((session) => writeAll(session, draft, now, report))
  const { createdAt, tables } = await makeFolder(folder, 'export', write)
  const rows = Object.entries(tables).map(([name, table]) => [name, table.rows] as const)
  return { folder: resolve(folder), createdAt, rows: Object.fromEntries(rows) }
}

/** Writes a database into a folder that is there, and what it must be, last. */
export async function writeAll(session: Session, draft: string, now: Date, report: Report): Promise<Manifest> {
  const tables: [string, TableManifest][] = []
  for (const table of TABLES) tables.push([table.name, await writeTable(session, draft, table, report)])
  const manifest = {
    format: 1,
    createdAt: now.toISOString(),
    tables: Object.fromEntries(tables),
    lastIds: await session.run(lastIds(session.catalog)),
  } as const
  await writeManifest(draft, manifest)
  return manifest
}

async function writeTable(session: Session, draft: string, table: Table, report: Report): Promise<TableManifest> {
  const columns = await session.run(columnsOf(session.catalog, table))
  const all = await session.run(countOf(table))
  const content = await writeLines(fileOf(draft, table.name), linesOf(session, table, columns), (rows) =>
    report('written', table.name, rows, all),
  )
  return { columns: columns.map(({ name }) => name), ...content }
}
