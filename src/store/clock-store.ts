import type { BelievedTime, Look } from './believed-time.js'

/** An operator says that the clock is right. */
export interface ClockConfirmation {
  /** What it says. */
  readonly clock: Date
  /** For the audit log. */
  readonly at: Date
}

/** What time the installation believes it is, in one row for all its nodes. */
export interface ClockStore {
  /** The clock of the machine that has the database; null where that is this machine. */
  read(): Promise<Date | null>
  /** Stores what is believed after a look at the clock, and answers it. At first it is what was stored last. */
  look(look: Look): Promise<BelievedTime>
  /** Believes the clock from now on; answers what was believed, null for nothing. */
  confirm(confirmation: ClockConfirmation): Promise<Date | null>
}
