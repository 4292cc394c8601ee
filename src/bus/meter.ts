/** Why a message of the bus went nowhere. */
export type Dropped = 'away' | 'full' | 'invalid'

/** Is told of the bus's work as it is done, so it must be quick; it must not throw. */
export interface BusMeter {
  /** A message was handed over to NATS. */
  sent(): void
  /** One of another node was heard. */
  received(): void
  /**
   * One was dropped: `away`, NATS was not there to take it; `full`, it took too little of what came before; `invalid`,
   * it was received and is no message of a node of this installation, or a repeat.
   */
  dropped(why: Dropped): void
  /** NATS answered after so many milliseconds, behind all that was on its way in both directions. */
  lagged(ms: number): void
}
