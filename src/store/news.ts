/** What a node knows of what its connections may see. */
export interface Known {
  /** Conversations by id, each with the last event that is known. */
  readonly conversations: readonly Pair[]
  /** Users with connections. */
  readonly userIds: readonly number[]
  /** Users and the conversations that they are known to be members of. */
  readonly memberships: readonly Pair[]
  /** Devices, each with how many events of invitations are known that it has not acknowledged. */
  readonly notices: readonly Pair[]
  /** Devices, each with the number of its connection here. */
  readonly connections: readonly Pair[]
}

export type Pair = readonly [of: number, value: number]

/** Of what a node knows that which the store has further. */
export interface News {
  /** Those too that are not as far any more: the database was put back to an earlier state. */
  readonly conversations: readonly { readonly conversationId: number; readonly lastSeq: number }[]
  /** Users who are members and were not known to be. */
  readonly memberships: readonly {
    readonly userId: number
    readonly conversationId: number
    readonly uuid: string
    readonly lastSeq: number
  }[]
  readonly notices: readonly { readonly deviceId: number }[]
  readonly connections: readonly { readonly deviceId: number; readonly number: number }[]
}
