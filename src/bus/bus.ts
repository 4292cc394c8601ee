/** Something new in a conversation, already durable. Plain data, so that it can cross to another process. */
export interface Wake {
  readonly conversationId: number
  readonly uuid: string
  readonly seq: number
  /** Type of the event. */
  readonly type: string
  /** The event as JSON text, as it is in the log; null: it is too long to come along, and is to be read there. */
  readonly body: string | null
  /** The invitation that it is a step of. */
  readonly invitation: string | null
  /** A message that changes nothing of its conversation but the last seq. */
  readonly isPlain: boolean
  /** More of the same commit follows. */
  readonly isMore: boolean
  /**
   * Whom it concerns beyond the members: whose stay begins or ends, or who is invited. From elsewhere that is said only
   * by what comes under the topic of that user.
   */
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

/** A device has a connection, the `number`th it ever had: older ones end, wherever they are. */
export interface NewConnection {
  readonly userId: number
  readonly deviceId: number
  readonly number: number
}

/** A node came second in a conversation, and wants its turn to store something there. */
export interface Claim {
  readonly conversationId: number
  readonly uuid: string
}

export interface BusListener {
  /** `isElsewhere`: another node says so: others of the conversation may come before or be missing. */
  wake(wake: Wake, isElsewhere: boolean): void
  signal(signal: Signal): void
  standing(change: StandingChange): void
  connection(connection: NewConnection): void
  /** Of another node alone. */
  claim(claim: Claim): void
  /** The bus was away and is back: what other nodes said meanwhile is lost. */
  missed(): void
}

/** What a node listens to of what others say: a conversation, or what concerns one user. */
export type Topic = `conversation.${number}` | `user.${number}`

/**
 * Carries news between the commands and the sessions of all nodes. Delivery is at most once: what is lost is
 * healed by reading the log. Within the process it is synchronous and in order, whoever follows what; nothing
 * said here ever blocks or throws.
 */
export interface Bus {
  publish(wake: Wake): void
  signal(signal: Signal): void
  standing(change: StandingChange): void
  connection(connection: NewConnection): void
  /** Told to other nodes alone. */
  claim(claim: Claim): void
  /** Returns what ends the subscription. */
  subscribe(listener: BusListener): () => void
  /**
   * Listens to what other nodes say of a topic too, as often as it is followed and not unfollowed. Resolves when
   * nothing said from then on is missed, or at once while the bus is away; null where there are no other nodes.
   */
  follow(topic: Topic): Promise<void> | null
  unfollow(topic: Topic): void
  /** Whether other nodes may be at work on the same store. */
  readonly isShared: boolean
  /** Whether what other nodes say does not arrive now. */
  readonly isAway: boolean
  close(): Promise<void>
}
