import { z } from 'zod'
import { Seq } from '../../wire/formats.js'
import { LogState } from '../log/state.js'
import { type LogEvent, parseLogEvent } from './log-event.js'

/**
 * A line of a journal: an event, the state after all before, up to where a reader took them, or the invitations that
 * were used up by events that are forgotten.
 */
export type Entry =
  | { readonly event: LogEvent }
  | { readonly state: LogState }
  | { readonly taken: number }
  | { readonly used: readonly string[] }

const EVENT = '{"event":'
/** In no text: there its quotes are escaped. */
const MESSAGE = '"type":"message"'

const Other = z.union([
  z.object({ state: LogState }),
  z.object({ taken: Seq }),
  z.object({ used: z.array(z.string()) }),
])

/** Whether a line is an event, and one that is no message. */
export const isEventLine = (text: string): boolean => text.startsWith(EVENT)
export const isChangeLine = (text: string): boolean => isEventLine(text) && !text.includes(MESSAGE)

export function formatEntry(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}

/** Throws when the line is none. */
export function parseEntry(text: string): Entry {
  const value: unknown = JSON.parse(text)
  return isEventLine(text) ? { event: parseLogEvent((value as { event: unknown }).event) } : Other.parse(value)
}
