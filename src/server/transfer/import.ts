import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { clear, firstFilled, insert, lastIds, setLastIds } from '../../store/transfer/fill.js'
import { filling } from '../../store/transfer/open.js'
import { linesOf, PAGE } from '../../store/transfer/read.js'
import { columnsOf } from '../../store/transfer/rows.js'
import type { Column, Session } from '../../store/transfer/session.js'
import { TABLES, type Table } from '../../store/transfer/tables.js'
import { readLines, Tally } from './files.js'
import { fileOf, type Manifest, readManifest, type TableManifest } from './manifest.js'
import type { Report } from './report.js'

/** A table, with what the export says of it. */
interface Transfer {
  readonly table: Table
  readonly columns: readonly Column[]
  readonly said: TableManifest
}

/**
 * Fills an empty database with what an export holds, all of it or nothing, reads it back, and calls `finish` before
 * that is stored. Throws `invalid_request` naming the file that is not as it was written, or what is in the way.
 */
export async function importDatabase(
  { databaseUrl }: Pick<Config, 'databaseUrl'>,
  source: string,
  report: Report,
  finish: (session: Session) => Promise<void> = async () => {},
): Promise<Manifest> {
  const folder = resolve(source)
  const manifest = await readManifest(folder, report)
  await filling(databaseUrl)(async (session) => {
    await fill(session, folder, manifest, report)
    await finish(session)
  })
  return manifest
}

async function fill(session: Session, folder: string, manifest: Manifest, report: Report): Promise<void> {
  const transfers: Transfer[] = []
  for (const table of TABLES) transfers.push(await transferOf(session, manifest, table))
  const filled = await session.run(firstFilled())
  if (filled !== null)
    throw new HermesError(
      'invalid_request',
      `The database is not empty: there are rows in ${filled}; name an empty one`,
    )
  await session.run(clear())
  for (const transfer of transfers) await store(session, folder, transfer, report)
  await session.run(setLastIds(session.catalog, manifest.lastIds))
  for (const transfer of transfers) await readBack(session, transfer, report)
  if (!isDeepStrictEqual(await session.run(lastIds(session.catalog)), manifest.lastIds)) throw differs('the last ids')
}

async function transferOf({ run, catalog }: Session, { tables }: Manifest, table: Table): Promise<Transfer> {
  const columns = await run(columnsOf(catalog, table))
  const names = columns.map(({ name }) => name).join(', ')
  const said = tables[table.name]
  if (said !== undefined && said.columns.join(', ') === names) return { table, columns, said }
  const sentence = `The export is of another version of Hermes: its ${table.name} has the columns ${said?.columns.join(', ')}, and here ${names}; export again with this version`
  throw new HermesError('invalid_request', sentence)
}

async function store(session: Session, folder: string, { table, columns, said }: Transfer, report: Report) {
  let done = 0
  for await (const lines of readLines(fileOf(folder, table.name), PAGE)) {
    await session.run(insert(table, columns, lines)).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const sentence = `Rows ${done + 1} to ${done + lines.length} of ${table.name} cannot be stored: ${reason}`
      throw new HermesError('unavailable', sentence, { cause })
    })
    done += lines.length
    report('stored', table.name, done, said.rows)
  }
}

async function readBack(session: Session, { table, columns, said }: Transfer, report: Report): Promise<void> {
  const tally = new Tally()
  for await (const lines of linesOf(session, table, columns)) {
    tally.add(lines)
    report('read back', table.name, tally.rows, said.rows)
  }
  const { rows, sha256 } = tally.end()
  if (rows !== said.rows || sha256 !== said.sha256) throw differs(`the rows of ${table.name}`)
}

function differs(what: string): HermesError {
  return new HermesError('internal', `The database did not keep ${what} as they were given, so nothing was imported`)
}
