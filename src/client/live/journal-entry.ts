import { z } from 'zod'
import { Seq } from '../../wire/formats.js'
import { LogState } from '../log/state.js'
import { STATEMENT_TYPE } from '../sealing/statement.js'
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
/** Likewise, of a message that changes the state. */
const STATEMENT = `"contentType":"${STATEMENT_TYPE}"`

const Other = z.union([
  z.object({ state: LogState }),
  z.object({ taken: Seq }),
  z.object({ used: z.array(z.string()) }),
])

/** Whether a line is an event, and one that changes the state: none but a message may not. */
export const isEventLine = (text: string): boolean => text.startsWith(EVENT)
export const isChangeLine = (text: string): boolean =>
  isEventLine(text) && (!text.includes(MESSAGE) || text.includes(STATEMENT))

export function formatEntry(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}

/** Throws when the line is none. */
export function parseEntry(text: string): Entry {
  const value: unknown = JSON.parse(text)
  return isEventLine(text) ? { event: parseLogEvent((value as { event: unknown }).event) } : Other.parse(value)
}
