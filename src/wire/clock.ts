import { z } from 'zod'
import { Timestamp } from './formats.js'

/** The clock is believed from now on. */
export const ConfirmedClock = z.object({
  /** What it says: that of the database, where another machine has it. */
  clock: Timestamp,
  /** What was believed before; null where nothing was. */
  believed: Timestamp.nullable(),
})
export type ConfirmedClock = z.infer<typeof ConfirmedClock>
