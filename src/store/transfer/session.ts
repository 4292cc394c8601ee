import type { Read, Work } from '../work.js'

export interface Column {
  readonly name: string
  readonly kind: 'time' | 'bytes' | 'plain'
}

/** The last id that was given out in each table of COUNTED; 0 for none. */
export type LastIds = Readonly<Record<string, number>>

/** What an engine knows of its own tables. */
export interface Catalog {
  columnsOf(table: string): Work<readonly { readonly name: string; readonly type: string }[]>
  lastId(table: string): Work<number>
  setLastId(table: string, last: number): Work<void>
}

/** A whole database inside one transaction. */
export interface Session {
  readonly run: Read
  readonly catalog: Catalog
}

/** Calls `use` with a database; what it changes is stored when it resolves, and undone when it rejects. */
export type WithSession = <T>(use: (session: Session) => Promise<T>) => Promise<T>
