import { isPostgres } from '../postgres/address.js'
import { copyPostgres, fillPostgres, readPostgres } from '../postgres/transfer.js'
import { fillSqlite, readSqlite } from '../sqlite/transfer.js'
import type { WithSession } from './session.js'

/** Reads a whole database as it is at one moment, while no server uses it. */
export const reading = (url: string): WithSession => (isPostgres(url) ? readPostgres(url) : readSqlite(url))

/** Reads one in PostgreSQL beside the servers that use it. */
export const copying = (url: string): WithSession => copyPostgres(url)

/** Fills a database, all of it or nothing. */
export const filling = (url: string): WithSession => (isPostgres(url) ? fillPostgres(url) : fillSqlite(url))
