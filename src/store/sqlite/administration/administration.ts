import type { Database } from 'better-sqlite3'
import { administrationChanges } from '../../administration-changes.js'
import type { AdministrationStore } from '../../administration-store.js'
import type { MakeChange } from '../../changes/changes.js'
import { administrationReads } from './reads.js'

/** What administrators read, on `reader`, and change, made by `make`. */
export function sqliteAdministration(reader: Database, make: MakeChange): AdministrationStore {
  return {
    ...administrationReads(reader),
    ...administrationChanges(make),
  }
}
