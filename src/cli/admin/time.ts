import { UsageError } from '../command.js'

const DAY_MS = 86_400_000

/** What `timeOf` takes, for the help. */
export const TIME = '2027-01-31, 2027-01-31T12:00:00Z, or 30d for 30 days from now'

/** A time as an operator writes it, as it stands on the wire. Days are of UTC. */
export function timeOf(option: string, text: string, now: Date): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1]
  if (days !== undefined) return new Date(now.getTime() + Number(days) * DAY_MS).toISOString()
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return timeOf(option, `${text}T00:00:00Z`, now)
  const time = new Date(text)
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(time.getTime())
  // What the calendar does not have, such as February 30, would come out as another day.
  if (isTime && time.toISOString().startsWith(text.slice(0, 19))) return text
  throw new UsageError(`${option} must be ${TIME}; not ${text}`)
}
