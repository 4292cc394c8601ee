import { z } from 'zod'
import { ConversationEvent } from '../../wire/events.js'
import { ConversationId, Seq } from '../../wire/formats.js'
import type { NumberedEvent } from '../log/apply.js'

const GapEvent = z.object({
  type: z.literal('gap'),
  conversation: ConversationId,
  seq: Seq,
  first: Seq,
  reason: z.enum(['retention', 'restored', 'forgotten']),
})

/**
 * Events that are no more: those from `first` to `seq`, both included. `retention` removed messages that this device
 * had not got; `restored` lost what came after a backup; this device has `forgotten` what was taken long ago.
 */
export type GapEvent = z.infer<typeof GapEvent>

/** An event of a conversation as this device keeps it: what the hub gave, or what it says is missing. */
export type LogEvent = NumberedEvent | GapEvent

const Stored = z.union([GapEvent, ConversationEvent])

/** Throws when `value` is none. */
export function parseLogEvent(value: unknown): LogEvent {
  const event = Stored.parse(value)
  if (event.seq === undefined) throw new Error('an event without a number is none of a log')
  return event as LogEvent
}
