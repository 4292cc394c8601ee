import { randomBytes, randomUUID } from 'node:crypto'
import type { HermesError } from '../../src/errors.js'
import type { Append, AppendFailure, NewEvent } from '../../src/store/event-log.js'
import type { NewUser } from '../../src/store/identity-store.js'
import type { StoredInvitation, StoredMember, StoredParty } from '../../src/store/records.js'
import type { Store } from '../../src/store/store.js'

export const T0 = Date.UTC(2027, 0, 2, 3, 4, 5)

let count = 0

/** A user whose name, key and certificate nobody else has. */
export function newUser(changes: Partial<NewUser> = {}): NewUser {
  const username = `user-${++count}-${randomBytes(4).toString('hex')}`
  const certificate = {
    serialNumber: randomBytes(18).toString('hex'),
    fingerprint: `sha256:${randomBytes(32).toString('hex')}`,
    spkiHash: randomBytes(32).toString('hex'),
    der: Uint8Array.from(randomBytes(300)),
    notBefore: new Date(T0),
    notAfter: new Date(T0 + 90 * 24 * 3600 * 1000),
    authorisedBy: 'registration',
    issuer: 'users',
  } as const
  return {
    username,
    passwordHash: '$2b$12$hash',
    certificate,
    encryptedPrivateKey: null,
    address: '192.0.2.1',
    ...changes,
  }
}

export async function registered(store: Store): Promise<StoredParty> {
  const user = newUser()
  await store.identities.register(user)
  const identity = await store.identities.findIdentity(user.username)
  if (identity === null) throw new Error(`${user.username} was not stored`)
  return { userId: identity.user.id, username: user.username, fingerprint: user.certificate.fingerprint }
}

export interface Outcome {
  readonly failure: AppendFailure['reason'] | null
  /** Of `quota` and `unavailable`. */
  readonly error: HermesError | null
  readonly id: number | null
}

export function append(store: Store, entry: Append): Promise<Outcome> {
  return new Promise((resolve) => {
    store.log.append(entry, (failure, appended) => {
      const error = failure !== null && 'error' in failure ? failure.error : null
      resolve({ failure: failure?.reason ?? null, error, id: appended?.conversationId ?? null })
    })
  })
}

export function event(seq: number, senderId: number, changes: Partial<NewEvent> = {}): NewEvent {
  return { seq, at: T0 + seq, type: 'message', senderId, messageId: randomUUID(), body: `{"seq":${seq}}`, ...changes }
}

export function entry(
  conversation: Append['conversation'],
  events: readonly NewEvent[],
  changes: Partial<Append> = {},
): Append {
  const expectedSeq = (events[0]?.seq ?? 1) - 1
  return {
    conversation,
    expectedSeq,
    epoch: 0,
    closed: false,
    events,
    stays: [],
    invitations: [],
    request: null,
    ...changes,
  }
}

export function stay(party: StoredParty, fromSeq: number, toSeq: number | null = null): StoredMember {
  return { ...party, fromSeq, toSeq }
}

export interface Started {
  readonly id: number
  readonly uuid: string
}

/** A conversation with `started` as its one event and its creator as its one member. */
export async function started(store: Store, creator: StoredParty): Promise<Started> {
  const uuid = randomUUID()
  const first = event(1, creator.userId, { type: 'started', messageId: null })
  const conversation = { uuid, createdBy: creator.userId, createdAt: T0 }
  const { failure, id } = await append(store, entry(conversation, [first], { stays: [stay(creator, 1)] }))
  if (id === null) throw new Error(`not stored: ${failure}`)
  return { id, uuid }
}

export function invitation(
  inviter: StoredParty,
  invitee: StoredParty,
  changes: Partial<StoredInvitation> = {},
): StoredInvitation {
  return {
    id: randomUUID(),
    state: 'invited',
    inviter,
    invitee,
    expiresAt: '2027-01-09T03:04:05Z',
    inviterChallenge: 'bq7fR2LEY55U7ybzkNnI-suZ4o2oPluAW6MUxfkRDbc',
    inviterAttachment: '-',
    roster: `sha256:${'0'.repeat(64)}`,
    rosterSeq: 1,
    invitedSeq: 2,
    inviteeChallenge: null,
    inviteeAttachment: null,
    inviteeSignature: null,
    inviterSignature: null,
    confirmationAttachment: null,
    commitAttachment: null,
    endedSeq: null,
    reason: null,
    ...changes,
  }
}

export const EVERYTHING = { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 100_000, maxBytes: Number.MAX_SAFE_INTEGER }
