/** Something new in a conversation, already durable. Plain data, so that it can cross to another process. */
export interface Wake {
  readonly conversationId: number
  readonly uuid: string
  readonly seq: number
  /** Type of the event. */
  readonly type: string
  /** The event as JSON text, as it is in the log. */
  readonly body: string
  /** Whom it concerns beyond the members: whose stay begins or ends, or who is invited. */
  readonly userId: number | null
  /** The session whose command it was; it has its answer and does not get its own message back. */
  readonly origin: string | null
}

/** A passing word to the members who are connected now; never stored. */
export interface Signal {
  readonly conversationId: number
  /** Params of the notification, as JSON text. */
  readonly body: string
  readonly origin: string | null
}

/**
 * The certificates or the account of a user may no longer be good, or not for as long: whoever holds connections of
 * his looks at the store again. It says nothing more, so that it may come twice, late, or from another process.
 */
export interface StandingChange {
  readonly userId: number
}

export interface BusListener {
  wake(wake: Wake): void
  signal(signal: Signal): void
  standing(change: StandingChange): void
}

/**
 * Carries news between the commands and the sessions of all nodes. Delivery is at most once: what is lost is
 * healed by reading the log. In one process it is synchronous and in order.
 */
export interface Bus {
  publish(wake: Wake): void
  signal(signal: Signal): void
  standing(change: StandingChange): void
  /** Returns what ends the subscription. */
  subscribe(listener: BusListener): () => void
}
