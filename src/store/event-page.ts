import type { Page } from './event-log.js'
import type { StoredEvent } from './records.js'

/** The first rows, up to the bytes of a page. */
export function pageOf(rows: Iterable<StoredEvent>, { maxBytes }: Page): readonly StoredEvent[] {
  const page: StoredEvent[] = []
  let bytes = 0
  for (const row of rows) {
    bytes += Buffer.byteLength(row.body)
    if (page.length > 0 && bytes > maxBytes) break
    page.push(row)
  }
  return page
}

/** YYYY-MM-DDTHH:MM:SSZ: as text such times sort by time. */
export function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}
