/** What a column takes. Times are given as `Date`s, and come back as milliseconds since the epoch of Unix. */
export type Value = string | number | Date | Uint8Array | null

/**
 * One statement of SQL that SQLite and PostgreSQL both read; `$1` and so on stand for the values. A SELECT whose rows
 * nobody else may change until the transaction ends says so last, with ROW_LOCK.
 */
export interface Statement {
  readonly sql: string
  readonly values: readonly Value[]
}

/** To SQLite, which has one writer, this says nothing. */
export const ROW_LOCK = 'FOR NO KEY UPDATE'

/**
 * Has SQLite read by this index, which it would not choose by itself. PostgreSQL, which counts its rows, is not told.
 */
export const indexedBy = (index: string): string => `INDEXED BY "${index}"`

/**
 * A table of pairs of numbers, `of` and `value`, that a parameter has as JSON. Each engine reads JSON in its own way.
 */
export const numberPairs = (parameter: string): string => `NUMBER_PAIRS(${parameter})`
export const NUMBER_PAIRS = /NUMBER_PAIRS\((\$\d+)\)/g

/**
 * What a transaction does: it yields statements, is given the rows of each, and returns its answer or throws its
 * refusal. It knows no engine; whoever runs it commits what returned and undoes what threw.
 */
export type Work<T> = Generator<Statement, T, readonly unknown[]>

export function* rows<Row>(sql: string, ...values: readonly Value[]): Work<readonly Row[]> {
  return (yield { sql, values }) as readonly Row[]
}

/** The first row, or null for none. */
export function* row<Row>(sql: string, ...values: readonly Value[]): Work<Row | null> {
  return (yield* rows<Row>(sql, ...values))[0] ?? null
}

export function* run(sql: string, ...values: readonly Value[]): Work<void> {
  yield { sql, values }
}

/** Runs what only reads; rejects with `unavailable` where the database cannot be read. */
export type Read = <T>(work: Work<T>) => Promise<T>

export interface Readers {
  /** Each statement sees what is committed when it runs. */
  readonly read: Read
  /** All statements see what is committed when the first runs. */
  readonly snapshot: Read
}
