import type { Call } from '../history/entry.js'
import type { History } from '../history/history.js'
import { type Violation, violation } from './violation.js'

/** Resident memory of one hub, whatever its readers do. */
export const RSS_BYTES_MAX = 384 * 1024 * 1024

/** No process of a server grows beyond its bound. */
export function findGrowth({ run }: History): readonly Violation[] {
  const worst = new Map<string, number>()
  for (const entry of run)
    if (entry.kind === 'memory') worst.set(entry.server, Math.max(worst.get(entry.server) ?? 0, entry.rss))
  return [...worst]
    .filter(([, rss]) => rss > RSS_BYTES_MAX)
    .map(([server, rss]) => violation('memory', `${server} had ${rss} bytes; the bound is ${RSS_BYTES_MAX}`))
}

/** Besides what is a server's own fault: nobody sends what does not fit, or a requestId for two requests. */
const FAULTS: readonly string[] = ['internal', 'invalid_request', 'request_conflict']

/** Faults make a server slow or absent, never wrong. */
export function findFailures({ devices }: History): readonly Violation[] {
  return devices.flatMap(({ username, device, entries }) =>
    entries.flatMap((entry) => {
      if (entry.kind !== 'call') return []
      const failure = failureOf(entry.outcome)
      return failure === null ? [] : [violation('failure', `${username}/${device}: ${entry.method}: ${failure}`)]
    }),
  )
}

function failureOf(outcome: Call['outcome']): string | null {
  if ('wrong' in outcome) return outcome.wrong
  return 'refused' in outcome && FAULTS.includes(outcome.refused) ? `refused with ${outcome.refused}` : null
}
