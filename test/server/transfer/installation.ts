import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Test } from 'tap'
import { exportDatabase } from '../../../src/server/transfer/export.js'
import { readManifest } from '../../../src/server/transfer/manifest.js'
import { openSqliteStore } from '../../../src/store/sqlite/open.js'
import { fillEveryTable } from '../../store/every-table.js'
import { append, entry, event, newUser, registered, started, T0 } from '../../store/fixtures.js'

/** More than are read at once, and not by a multiple. */
const MANY = 150

/** A new folder, which goes with the test. */
export function newFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-transfer-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** The URL of a SQLite database with rows in every table, and an id that was given to a row which is gone. */
export async function filledDatabase(t: Test): Promise<string> {
  const path = `${newFolder(t)}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  await fillEveryTable(store)
  const names = Array.from({ length: MANY }, (_, index) => `${'zyxbcaÄ'[index % 6]}${index}`)
  await Promise.all(names.map((username) => store.identities.register(newUser({ username }))))
  const carol = await registered(store)
  const { id } = await started(store, carol)
  // Ends of lines to one or another reader, what PostgreSQL cannot hold but escaped, and more than two bytes.
  const odd = ['\u2028', '\u0085', '\r', '\v', '\u0000', '"\\', '🦊', '\ud83e\udd8a', 'A\u030a', '\uffff']
  for (const [index, text] of odd.entries())
    await append(store, entry(id, [event(index + 2, carol.userId, { body: JSON.stringify({ text }) })]))
  await store.log.openDevice(carol.userId, 'gone', new Date(T0), 16)
  await store.close()
  const db = new Database(path)
  db.exec(`
    DELETE FROM "Device" WHERE "name" = 'gone';
    UPDATE "Invitation" SET "reason" = 'no \u2028 time' || char(10) || '🦊' WHERE "endedSeq" IS NULL;
    UPDATE "User" SET "deletionAt" = -1, "departure" = 'recovered', "role" = 'administrator' WHERE "id" = 2`)
  db.close()
  return `file:${path}`
}

/** Exports into a new folder; answers it with what it holds. */
export async function exported(t: Test, databaseUrl: string) {
  const folder = `${newFolder(t)}/export`
  await exportDatabase({ databaseUrl }, folder, new Date(T0), () => {})
  return { folder, manifest: await readManifest(folder, () => {}) }
}
