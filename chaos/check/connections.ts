import type { DeviceHistory, History } from '../history/history.js'
import { type Violation, violation } from './violation.js'

/** When things have settled a device has one live connection, the newest. */
export function findSurplusConnections({ devices }: History): readonly Violation[] {
  return devices.flatMap((device) => {
    const live = liveWhenSettled(device)
    if (live === null || (live.open.length === 1 && live.open[0] === live.newest)) return []
    const what = `${device.username}/${device.device} has the connections ${live.open.join(', ') || 'none'}; the newest is ${live.newest}`
    return [violation('connections', what)]
  })
}

function liveWhenSettled({ entries }: DeviceHistory): { open: readonly number[]; newest: number } | null {
  const settled = entries.findIndex(({ kind }) => kind === 'settled')
  if (settled < 0) return null
  const open = new Set<number>()
  let newest = 0
  for (const entry of entries.slice(0, settled)) {
    if (entry.kind === 'closed') open.delete(entry.connection)
    if (entry.kind !== 'opened') continue
    open.add(entry.connection)
    newest = Math.max(newest, entry.connection)
  }
  return { open: [...open], newest }
}
