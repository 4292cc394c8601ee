import { isNatsAlone } from '../../start-refusals.js'
import { type Check, type Facts, failure, ok, warning } from '../facts.js'

const GIB = 1024 ** 3
const CLOCK_MS = 5 * 60_000
const DRIFT_MS = 1000
/** A server looks each minute, and says nothing of less. */
const BELIEVED_MS = 3_600_000
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])

export function configuration({ config }: Facts): Check {
  const { host, hostnames } = config
  if (isNatsAlone(config))
    return failure(
      'configuration',
      'HERMES_NATS_URL is for nodes that share a PostgreSQL, and the database is a file: no server starts',
      'unset HERMES_NATS_URL, or let HERMES_DATABASE_URL name a PostgreSQL (postgresql://…)',
    )
  if (!LOOPBACK.has(host) && hostnames.every((name) => LOOPBACK.has(name)))
    return warning(
      'configuration',
      `HERMES_HOST is ${host}, but the server certificate is for ${hostnames.join(', ')} alone`,
      'set HERMES_HOSTNAMES to the names by which clients know this machine',
    )
  return ok('configuration', 'every HERMES_ variable is known and has a value that is allowed')
}

export function nodeVersion({ node }: Facts): Check {
  const [major = 0, minor = 0] = node.replace(/^v/, '').split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return ok('Node.js', node)
  return failure('Node.js', `${node} is too old`, 'install Node.js 20.19 or newer')
}

/** What is stored cannot be from the future. */
export function clock({ now, database, isServerRunning }: Facts): Check {
  const newest = 'value' in database ? database.value.newest : null
  if (newest !== null && newest.getTime() - now.getTime() > CLOCK_MS)
    return failure(
      'clock',
      `it says ${now.toISOString()}, but something was stored at ${newest.toISOString()}`,
      'set the clock, and have it kept right (NTP): certificates, CRLs and locks go by it',
    )
  const ahead = 'value' in database ? (database.value.server?.aheadMs ?? 0) : 0
  if (Math.abs(ahead) > DRIFT_MS)
    return warning(
      'clock',
      `that of the database's machine is ${(Math.abs(ahead) / 1000).toFixed(1)} s ${ahead > 0 ? 'ahead' : 'behind'}`,
      'have both kept right (NTP)',
    )
  const believed = 'value' in database ? database.value.believed : null
  if (isServerRunning && believed !== null && now.getTime() - believed.getTime() > BELIEVED_MS)
    return warning(
      'clock',
      `it says ${now.toISOString()}, but the server believes ${believed.toISOString()} alone: nothing that is old since is removed`,
      'if it is wrong, set it; if it is right, "hermes admin confirm-clock"',
    )
  return ok('clock', now.toISOString())
}

export function diskSpace({ disk, database }: Facts): Check {
  const name = 'disk space'
  if (disk === null) return ofServer(name, database)
  if ('problem' in disk) return warning(name, disk.problem, 'look with df')
  const { free, size } = disk.value
  const detail = `${(free / GIB).toFixed(1)} of ${(size / GIB).toFixed(1)} GiB are free`
  const remedy = 'free space, or lower HERMES_RETENTION_DAYS; with none left nothing more is stored'
  if (free < GIB / 8) return failure(name, detail, remedy)
  if (free < GIB || free < size / 20) return warning(name, detail, remedy)
  return ok(name, detail)
}

function ofServer(name: string, database: Facts['database']): Check {
  const bytes = 'value' in database ? database.value.server?.bytes : undefined
  if (bytes === undefined) return warning(name, 'the database cannot be asked', 'look with df on its machine')
  return ok(name, `the database has ${(bytes / GIB).toFixed(1)} GiB; what is free is seen on its own machine`)
}

export function ports({ ports: all, isServerRunning }: Facts): Check {
  if (all.length === 0) return ok('ports', 'the system picks them')
  if (isServerRunning) {
    const silent = all.filter(({ isTaken }) => !isTaken)
    if (silent.length === 0) return ok('ports', `the server runs and listens at ${listOf(all)}`)
    const remedy = 'run this with the variables that the server has'
    return warning('ports', `a server runs on this database, but nobody listens at ${listOf(silent)}`, remedy)
  }
  const taken = all.filter(({ isTaken }) => isTaken)
  if (taken.length === 0) return ok('ports', `${listOf(all)} are free; no server runs`)
  const variables = taken.map(({ name }) => name).join(', ')
  return failure('ports', `another program listens at ${listOf(taken)}`, `end it, or choose others: ${variables}`)
}

const listOf = (all: Facts['ports']) => all.map(({ port }) => port).join(', ')
