import type { Batch } from '../../commit/batch.js'
import type { Append } from '../../event-log.js'
import type { Transaction } from './transaction.js'

/** All nodes write their changes in turn, for each ends with a row of the one audit log. */
const TAKE_TURNS = 'SELECT 1 FROM "Meta" WHERE "id" = 1 FOR NO KEY UPDATE'

/** Whoever revokes a certificate waits for the stays that begin under it, or they for him. */
const CERTIFICATES = `
  SELECT "fingerprint", "revokedAt" FROM "Certificate" WHERE "fingerprint" = ANY($1::text[])
  ORDER BY "fingerprint" FOR SHARE`
const CONVERSATIONS = `
  SELECT "id", "lastSeq" FROM "Conversation" WHERE "id" = ANY($1::int[]) ORDER BY "id" FOR NO KEY UPDATE`
const MAKE_USAGES = `
  INSERT INTO "Usage" ("userId", "bytes") SELECT "id", 0 FROM "User" WHERE "id" = ANY($1::int[]) ORDER BY "id"
  ON CONFLICT DO NOTHING`
const USAGES = `
  SELECT "userId", "bytes" FROM "Usage" WHERE "userId" = ANY($1::int[]) ORDER BY "userId" FOR NO KEY UPDATE`

/** What a batch rests on, which no other node changes until it is committed. */
export interface Locked {
  /** The last seq of each conversation. */
  readonly lastSeqs: Map<number, number>
  /** What each user has stored. */
  readonly bytes: Map<number, number>
  /** Fingerprints of certificates that are revoked. */
  readonly revoked: ReadonlySet<string>
}

/** Before the changes of a batch. Locks are taken in one order by all nodes: these, those below, and then devices. */
export function takeTurns(transaction: Transaction): void {
  transaction.send(TAKE_TURNS)
}

/**
 * Locks the certificates under which stays begin, the conversations, and then the row of each user whom quotas count,
 * or whose mailbox gets something: the ids of the events in it are in the order in which they can be read.
 */
export async function lock(transaction: Transaction, { appends, devices }: Batch): Promise<Locked> {
  const fingerprints = unique(appends.flatMap((append) => newStays(append).map(({ fingerprint }) => fingerprint)))
  const conversations = unique(appends.map(({ conversation }) => conversation).filter((id) => typeof id === 'number'))
  const users = unique([...appends.flatMap(usersOf), ...devices.map(({ userId }) => userId)])
  const [certificates, rows, usages] = await Promise.all([
    ask<{ fingerprint: string; revokedAt: number | null }>(transaction, CERTIFICATES, fingerprints),
    ask<{ id: number; lastSeq: number }>(transaction, CONVERSATIONS, conversations),
    ask<{ userId: number; bytes: number }>(transaction, USAGES, users),
  ])
  return {
    lastSeqs: new Map(rows.map(({ id, lastSeq }) => [id, lastSeq])),
    bytes: bytesOf(usages.length < users.length ? await lockNewUsers(transaction, users) : usages),
    revoked: new Set(certificates.filter(({ revokedAt }) => revokedAt !== null).map(({ fingerprint }) => fingerprint)),
  }
}

/** The stays that an append begins. */
export const newStays = ({ stays, expectedSeq }: Append) => stays.filter(({ fromSeq }) => fromSeq > expectedSeq)

interface Usage {
  readonly userId: number
  readonly bytes: number
}

const bytesOf = (usages: readonly Usage[]) => new Map(usages.map(({ userId, bytes }) => [userId, bytes]))

function lockNewUsers(transaction: Transaction, users: readonly number[]): Promise<readonly Usage[]> {
  transaction.send(MAKE_USAGES, users)
  return transaction.ask<Usage>(USAGES, users)
}

function ask<Row>(transaction: Transaction, sql: string, keys: readonly (number | string)[]): Promise<readonly Row[]> {
  return keys.length === 0 ? Promise.resolve([]) : transaction.ask<Row>(sql, keys)
}

/** Of charged events the sender; of stays that begin the member; of invitations whoever is told. */
function usersOf(append: Append): readonly number[] {
  return [
    ...append.events.map(({ senderId }) => senderId),
    ...newStays(append).map(({ userId }) => userId),
    ...append.invitations.map(({ invitee }) => invitee.userId),
  ]
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]
