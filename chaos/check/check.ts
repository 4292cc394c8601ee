import type { History } from '../history/history.js'
import { findBacklogs } from './backlogs.js'
import { findSurplusConnections } from './connections.js'
import { findCursorFaults } from './cursors.js'
import { findLosses } from './deliveries.js'
import { logsOf } from './logs.js'
import { findForgeries } from './memberships.js'
import { findAltered, findDisagreements, findDoubles } from './messages.js'
import { findEndsAlone, findPhantoms } from './phantoms.js'
import { findFailures, findGrowth } from './processes.js'
import { findUsesAfterRevocation } from './revocations.js'
import { sendsOf } from './sends.js'
import type { Violation } from './violation.js'

/** All that is wrong with a history. Looks at nothing else. */
export async function check(history: History): Promise<readonly Violation[]> {
  const logs = logsOf(history)
  const sends = sendsOf(history)
  return [
    ...findLosses(history, logs),
    ...findPhantoms(history, logs),
    ...findEndsAlone(history),
    ...findDoubles(logs, sends),
    ...findDisagreements(logs),
    ...findCursorFaults(history, logs),
    ...(await findForgeries(history, logs)),
    ...findUsesAfterRevocation(history, logs, sends),
    ...findAltered(logs, sends),
    ...findSurplusConnections(history),
    ...findGrowth(history),
    ...findBacklogs(history),
    ...findFailures(history),
  ]
}
