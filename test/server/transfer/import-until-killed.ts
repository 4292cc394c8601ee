import { importDatabase } from '../../../src/server/transfer/import.js'

/** A program that imports, and dies as with kill -9 once it tells this. Arguments: URL, folder, what, table. */
const [databaseUrl = '', folder = '', what, table] = process.argv.slice(2)

await importDatabase({ databaseUrl }, folder, (...told) => {
  if (told[0] === what && told[1] === table) process.kill(process.pid, 'SIGKILL')
})
