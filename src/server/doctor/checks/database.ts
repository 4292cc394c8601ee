import type { DatabaseFacts } from '../../../store/examination.js'
import { type Check, type Facts, failure, ok, warning } from '../facts.js'

const RESTORE = 'stop the server, keep a copy of the file, and restore a backup'
const RESTORE_SERVER = 'stop every node, keep a dump of the database, and restore one of its backups'

const restoreOf = ({ server }: DatabaseFacts): string => (server === null ? RESTORE : RESTORE_SERVER)

/** Every check that looks into the database; one that says why, where it cannot be read. */
export function databaseChecks({ database, databaseFiles, config }: Facts): readonly Check[] {
  if ('problem' in database)
    return databaseFiles === null ? [] : [failure('database integrity', database.problem, RESTORE)]
  const facts = database.value
  return [
    integrity(facts),
    schema(facts),
    projections(facts),
    auditLog(facts),
    serialNumbers(facts),
    passwordCost(facts, config.bcryptCost),
  ]
}

function integrity(facts: DatabaseFacts): Check {
  const { damage, server } = facts
  if (damage.length > 0) return failure('database integrity', damage.join('; '), restoreOf(facts))
  return ok('database integrity', `${server === null ? 'pages, indexes' : 'indexes'} and references are whole`)
}

function schema(facts: DatabaseFacts): Check {
  const { schemaVersion, newestVersion, strangeSchema, authorities } = facts
  const detail = `version ${schemaVersion}; this program's is ${newestVersion}`
  if (schemaVersion > newestVersion)
    return failure('database schema', detail, 'run the newer program, or restore a backup of the older one')
  if (schemaVersion < newestVersion)
    return warning('database schema', detail, 'back up the database; the next start brings it up to date')
  if (strangeSchema.length > 0)
    return failure(
      'database schema',
      `somebody has dropped, changed or added ${strangeSchema.join(', ')}`,
      `find out who; then ${restoreOf(facts)}`,
    )
  // The first start writes down the CAs; an import that failed leaves tables without rows.
  if (authorities.length === 0)
    return warning(
      'database schema',
      `${detail}, but no server has run on it and nothing was imported`,
      'name the database that the installation has, or import into this one; only a new installation starts on it',
    )
  return ok('database schema', detail)
}

function projections(facts: DatabaseFacts): Check {
  const problems = facts.projections
  if (problems.length > 0) return failure('projections', problems.join('; '), restoreOf(facts))
  return ok('projections', 'members and ends of conversations are as the log says')
}

function auditLog({ brokenAudit, auditRows }: DatabaseFacts): Check {
  if (brokenAudit !== null)
    return failure('audit log', brokenAudit.reason, 'compare with a backup; somebody, or a fault, has changed the file')
  return ok('audit log', `${auditRows} rows, each as it was written`)
}

function serialNumbers({ weakSerials, certificates }: DatabaseFacts): Check {
  if (weakSerials > 0)
    return failure(
      'serial numbers',
      `${weakSerials} of ${certificates} have less than 64 bits, or the same first 64 as another`,
      "look to this machine's source of randomness before you issue more",
    )
  return ok('serial numbers', `${certificates}, no two alike in their first 64 bits`)
}

/** A cost that is raised reaches a user when he next gives his password. */
function passwordCost({ hashCosts }: DatabaseFacts, cost: number): Check {
  const raise = 'set HERMES_BCRYPT_COST to 12 or more'
  if (cost < 12) return warning('password cost', `HERMES_BCRYPT_COST is ${cost}: guessing is cheap`, raise)
  const lower = Object.entries(hashCosts).reduce((sum, [each, users]) => (Number(each) < cost ? sum + users : sum), 0)
  return ok('password cost', lower === 0 ? `${cost} for all` : `${cost}; ${lower} users get it at their next login`)
}
