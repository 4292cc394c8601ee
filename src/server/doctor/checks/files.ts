import { shellWord } from '../../shell-word.js'
import { type Check, type Facts, type FileFacts, failure, ok, warning } from '../facts.js'

const OTHERS = 0o077
const WRITABLE = 0o022
const octal = ({ mode }: FileFacts) => mode.toString(8).padStart(4, '0')

export function certificatesFolder({ folder, config }: Facts): Check {
  const name = 'certificates folder'
  if ('problem' in folder)
    return failure(name, folder.problem, `start the server once, or let HERMES_CERTS_DIR name the folder`)
  const { path } = folder.value
  if ((folder.value.mode & WRITABLE) !== 0)
    return failure(
      name,
      `${path} has mode ${octal(folder.value)}: others may put files there`,
      `chmod 700 ${shellWord(path)}`,
    )
  if ((folder.value.mode & OTHERS) !== 0)
    return warning(name, `${path} has mode ${octal(folder.value)}: others may list it`, `chmod 700 ${shellWord(path)}`)
  return ok(name, `${config.certsDir} is its owner's alone`)
}

export function privateKeys({ keys }: Facts): Check {
  const open = keys.filter(({ mode }) => (mode & OTHERS) !== 0)
  const [first] = open
  if (first === undefined) return ok('private keys', `${keys.length} files, each readable by its owner alone`)
  const detail = open.map((file) => `${file.path} has mode ${octal(file)}`).join(', ')
  const remedy = `chmod 600 ${open.map(({ path }) => shellWord(path)).join(' ')}; whoever could read a key may have it: replace it`
  return failure('private keys', `${detail}: others may read it`, remedy)
}

export function databasePlace({ databaseFiles, database, config }: Facts): Check {
  if (databaseFiles === null) return databaseServer(database)
  const name = 'database file'
  const { file, folder } = databaseFiles
  if ('problem' in file)
    return failure(name, file.problem, 'start the server once, or let HERMES_DATABASE_URL name the database')
  if ('value' in folder && (folder.value.mode & WRITABLE) !== 0)
    return failure(
      name,
      `${folder.value.path} has mode ${octal(folder.value)}: others may put another in its place`,
      `chmod go-w ${shellWord(folder.value.path)}`,
    )
  const { path } = file.value
  if ((file.value.mode & OTHERS) !== 0)
    return failure(name, `${path} has mode ${octal(file.value)}: others may read it`, `chmod 600 ${shellWord(path)}`)
  return ok(name, `${config.databaseUrl} is its owner's alone`)
}

function databaseServer(database: Facts['database']): Check {
  const name = 'database server'
  if ('problem' in database)
    return failure(name, database.problem, 'see that PostgreSQL runs, and that HERMES_DATABASE_URL names it')
  const { server } = database.value
  if (server === null) return ok(name, 'none')
  const { name: url, version, isDurable, isPrivate } = server
  if (!isDurable)
    return failure(
      name,
      `${url} has fsync or full_page_writes off: what was answered may be lost with its power`,
      'turn both on in postgresql.conf',
    )
  if (!isPrivate)
    return warning(name, `what goes to ${url} is not encrypted`, 'give HERMES_DATABASE_URL sslmode=verify-full')
  return ok(name, `PostgreSQL ${version} at ${url}`)
}
