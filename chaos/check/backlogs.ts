import type { CallOf, DeviceEntry } from '../history/entry.js'
import type { DeviceHistory, History } from '../history/history.js'
import { type Violation, violation } from './violation.js'

/** The last thing that a settled device asks is where it stands: at the end, everywhere. */
export function findBacklogs({ devices }: History): readonly Violation[] {
  return devices.flatMap((device) => {
    const settled = device.entries.findIndex(({ kind }) => kind === 'settled')
    return settled < 0 ? [] : backlogsOf(device, device.entries.slice(0, settled))
  })
}

function backlogsOf({ username, device }: DeviceHistory, entries: readonly DeviceEntry[]): readonly Violation[] {
  const rows = lastRows(entries)
  if (rows === null) return [violation('backlog', `${username}/${device} was not told where it stands`)]
  return rows
    .filter(({ status, ackedSeq, lastSeq }) => status !== 'invited' && ackedSeq < lastSeq)
    .map(({ conversation, ackedSeq, lastSeq }) =>
      violation('backlog', `${username}/${device} is at ${ackedSeq} of ${lastSeq} in ${conversation}`),
    )
}

/** Of the last listing, which may have several pages; null without one that is whole. */
function lastRows(entries: readonly DeviceEntry[]) {
  const listings = entries.flatMap((entry) => (isListing(entry) ? [entry] : []))
  const pages = listings.slice(
    Math.max(
      0,
      listings.findLastIndex(({ params }) => params.after === undefined),
    ),
  )
  const results = pages.flatMap(({ outcome }) => ('result' in outcome ? [outcome.result] : []))
  if (results.length < pages.length || (results.at(-1)?.more ?? true)) return null
  return results.flatMap(({ conversations }) => conversations)
}

function isListing(entry: DeviceEntry): entry is CallOf<'conversations'> {
  return entry.kind === 'call' && entry.method === 'conversations'
}
