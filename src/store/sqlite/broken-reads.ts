import { unavailable } from '../unavailable.js'
import { sqliteCode } from './sqlite-error.js'

/** The disk or the file, not the statement: it may be well again. */
const BROKEN = /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|FULL|BUSY|PROTOCOL|NOMEM)/

/** The same methods; where the database cannot be read, they reject with `unavailable`. */
export function unavailableWhenBroken<T extends object>(methods: T): T {
  const entries = Object.entries(methods).map(([name, method]) => [
    name,
    typeof method === 'function' ? wrapped(method as Method) : method,
  ])
  return Object.fromEntries(entries) as T
}

type Method = (...args: readonly unknown[]) => unknown

function wrapped(method: Method): Method {
  return (...args) => {
    const result = method(...args)
    return result instanceof Promise ? result.catch(rethrow) : result
  }
}

/** Rejects with `unavailable` for what the disk or the file is to blame for. */
export function rethrow(error: unknown): never {
  throw BROKEN.test(sqliteCode(error) ?? '') ? unavailable(error) : error
}
