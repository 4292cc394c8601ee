import type { HermesError } from '../errors.js'
import type { Known, News } from './news.js'
import type {
  ConversationSnapshot,
  DeviceRecord,
  LeftConversations,
  ListedConversation,
  Mailbox,
  MailboxConversation,
  Notice,
  StoredEvent,
  StoredInvitation,
  StoredMember,
  StoredMessage,
  StoredRequest,
} from './records.js'

export interface NewEvent {
  readonly seq: number
  /** Milliseconds since the epoch of Unix. */
  readonly at: number
  readonly type: string
  readonly senderId: number
  /** UUID; unique for (conversation, sender). */
  readonly messageId: string | null
  /** The event as JSON text; opaque to the store. */
  readonly body: string
}

export interface NewConversation {
  readonly uuid: string
  readonly createdBy: number
  readonly createdAt: number
}

/** What becomes durable together, all or nothing. */
export interface Append {
  /** The integer id of a conversation, or a new one. */
  readonly conversation: number | NewConversation
  /** `lastSeq` before these events; another value in the database is a conflict. */
  readonly expectedSeq: number
  /** The counter of `epoch` after these events. */
  readonly epoch: number
  /** Whether nobody is a member any more after these events. */
  readonly closed: boolean
  /** In order, seq from expectedSeq + 1 without holes, never empty. */
  readonly events: readonly NewEvent[]
  /** Rows of the projections that these events change, whole: inserted, or replacing the row of the same key. */
  readonly stays: readonly StoredMember[]
  readonly invitations: readonly StoredInvitation[]
  /** The request that these events answer, for repeats. */
  readonly request: {
    readonly userId: number
    readonly requestId: string
    readonly hash: string
    readonly seq: number
  } | null
}

/**
 * Why an append was not stored:
 * `conflict`: lastSeq was not expectedSeq, or an earlier append of the same conversation failed after this was given;
 * `duplicate`: the messageId or the requestId is in the log already;
 * `quota`: it would have taken more than a quota allows; the error names it;
 * `revoked`: it would have begun a stay under a certificate that is revoked;
 * `unavailable`: the database did not take it (disk full, read-only, I/O error).
 */
export type AppendFailure =
  | { readonly reason: 'conflict' | 'duplicate' }
  | { readonly reason: 'quota' | 'revoked' | 'unavailable'; readonly error: HermesError }

export interface Appended {
  /** The integer id of the conversation. */
  readonly conversationId: number
}

/**
 * Called once for each append, in the order of the calls to `append`, after the transaction is durable or has
 * failed. It runs synchronously with the other calls of the same transaction.
 */
export type AppendCallback = (failure: AppendFailure | null, appended: Appended | null) => void

export interface Page {
  /** Events with seq > after and <= upTo. */
  readonly after: number
  readonly upTo: number
  readonly limit: number
  /** At least one event is read, whatever its size. */
  readonly maxBytes: number
}

/** An invitation that has not ended, as one of its parties sees it. */
export interface OpenInvitation {
  readonly invitation: string
  readonly uuid: string
  readonly fingerprint: string
}

/**
 * Conversations: their events and what is projected from them, and the cursors of devices.
 *
 * `append` and the acknowledgements collect what arrives while a commit is under way and write it as one
 * transaction (group commit). A transaction that fails is tried again one append at a time, so that one
 * client's poison is his alone. Durable means: it survives kill -9 and loss of power.
 */
export interface EventLog {
  append(entry: Append, done: AppendCallback): void

  /** A conversation without its messages, or null. Sees every append whose callback has run. */
  load(uuid: string): Promise<ConversationSnapshot | null>
  /** The uuid of the conversation of an invitation, or null. */
  findConversationOfInvitation(invitation: string): Promise<string | null>
  read(conversationId: number, page: Page): Promise<readonly StoredEvent[]>
  findMessage(conversationId: number, senderId: number, messageId: string): Promise<StoredMessage | null>
  findRequest(userId: number, requestId: string): Promise<StoredRequest | null>
  /**
   * Conversations that a user is a member of, or invited to, under another certificate than `except`; an invitation
   * counts while it is open.
   */
  findPlaces(userId: number, except: string | null, limit: number): Promise<readonly string[]>
  /** Open invitations by or to a user, after one of them, by id, with the fingerprint of his certificate in each. */
  findOpenInvitations(userId: number, after: string, limit: number): Promise<readonly OpenInvitation[]>
  /** Open invitations whose time is up, oldest first. */
  findDueInvitations(
    now: Date,
    limit: number,
  ): Promise<readonly { readonly invitation: string; readonly uuid: string }[]>

  /**
   * The device of that name, made if it is new, its lastSeenAt set. While nothing can be written, a known device is
   * answered all the same, so that it may read.
   * Rejects with `quota_exceeded` when the user would have more than `maxDevices`.
   */
  openDevice(userId: number, name: string, now: Date, maxDevices: number): Promise<DeviceRecord>
  /** Counts a connection of a device, and answers how many it has had; 0 where it is gone. */
  connectDevice(deviceId: number): Promise<number>
  /** Of what a node knows that which is further in the store: what it did not hear of. */
  findNews(known: Known): Promise<News>
  /**
   * What a device may see when it connects, at a cost that goes by what it has not acknowledged and by how many
   * conversations its user is a member of, whatever happened before; at most `notices` notices. Open invitations count,
   * and declined, cancelled or expired ones (never joined ones) that ended after the device was made.
   */
  openMailbox(device: DeviceRecord, notices: number): Promise<Mailbox>
  /** The earliest `limit` of what it has not acknowledged of invitations to its user. */
  readNotices(device: DeviceRecord, limit: number): Promise<readonly Notice[]>
  /** What it has not acknowledged of one invitation; null if that is none to its user. */
  readNoticesOf(device: DeviceRecord, invitation: string): Promise<readonly Notice[] | null>
  /**
   * Of the next `limit` conversations of its user after `after` (an id) those that he has left, and it has not read.
   */
  readLeft(device: DeviceRecord, after: number, limit: number): Promise<LeftConversations>
  /** One conversation, with every stay of its user; null if he never had one in it. */
  openMailboxConversation(device: DeviceRecord, uuid: string): Promise<MailboxConversation | null>
  /**
   * The conversations that a user is, was or is invited to be a member of, in the order they were made, after one of
   * them; null if there is no such conversation.
   */
  listConversations(
    device: DeviceRecord,
    after: string | null,
    limit: number,
  ): Promise<readonly ListedConversation[] | null>
  /** Moves a cursor forward, never back; `done` is called when that is durable. */
  acknowledge(deviceId: number, conversationId: number, seq: number, done?: (failure: HermesError | null) => void): void
  /** `acked`: 1 for `invited`, 2 for its end too; of an invitation to another, or to nobody, it does nothing. */
  acknowledgeInvitation(
    deviceId: number,
    invitation: string,
    acked: 1 | 2,
    done?: (failure: HermesError | null) => void,
  ): void

  /**
   * Removes `message` events older than `before`, the oldest first, at most `limit` of them, in one transaction, and
   * answers how many. Nothing else is ever removed; `lastSeq` stays, and the senders get the bytes of their quota back,
   * those of the events as old that bring members in, which stay, included.
   */
  removeMessages(before: Date, limit: number): Promise<number>

  /**
   * Whether an event was there, or already removed, when this process opened the log: an earlier one may have given it.
   */
  wasStoredBefore(conversationId: number, seq: number): Promise<boolean>
}
