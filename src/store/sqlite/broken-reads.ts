import { unavailable } from '../unavailable.js'
import { sqliteCode } from './sqlite-error.js'

/** The disk or the file, not the statement: it may be well again. */
const BROKEN = /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|FULL|BUSY|PROTOCOL|NOMEM)/

/** What `read` answers; throws `unavailable` where the database cannot be read. */
export function orUnavailable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw BROKEN.test(sqliteCode(error) ?? '') ? unavailable(error) : error
  }
}
