import type { z } from 'zod'
import type { ConversationEvent, InvitedEvent, JoinedEvent } from '../../wire/events.js'
import { AcceptParams } from '../../wire/operations.js'
import { ClientError } from '../client-error.js'
import type { FingerprintChange } from '../contacts.js'
import { type Home, selfOf } from '../home.js'
import type { Connection } from '../hub-client.js'
import type { Self } from '../invitation.js'
import {
  acceptInvitation,
  recallAcceptance,
  recallInvitation,
  receiveInvitation,
  verifyConfirmation,
} from '../invitee.js'
import { seePerson } from '../people.js'
import { ownCertificate } from '../renewal.js'
import { attachmentOf, stateSealingKey } from '../sealing/statement.js'
import { VerificationError, verify } from '../verification-error.js'
import { Bell } from './bell.js'
import { callAs } from './call-as.js'
import type { Conversation } from './conversation.js'
import { Deferred } from './deferred.js'
import type { HubLink } from './hub-link.js'
import { Invitation, type InvitationState } from './invitation.js'
import type { InvitationFiles, ReceivedRecord } from './invitation-files.js'
import type { ReceivedEntry } from './received-entry.js'

type Invited = z.output<typeof InvitedEvent>
type Joined = z.output<typeof JoinedEvent>

/** So many are kept open here; what is beyond waits at the hub. */
const KEPT_MAX = 256
/** And so many of these are looked at: a hub shows 16 that were not acknowledged. */
const WAITING_MAX = 256

/** The invitations to this user. Each is acknowledged when it is on disk. */
export class Received {
  readonly #changes = new Bell()
  #isClosed = false
  readonly #home: Home
  readonly #link: HubLink
  readonly #files: InvitationFiles
  readonly #entries = new Map<string, ReceivedEntry>()
  /** Beyond those that are kept: not acknowledged. */
  #waiting: Invited[] = []

  constructor(home: Home, link: HubLink, files: InvitationFiles) {
    this.#home = home
    this.#link = link
    this.#files = files
  }

  recall(record: ReceivedRecord): void {
    this.#add(record)
  }

  /** Those that are open, each once, then those that come. */
  async *read(): AsyncGenerator<Invitation, undefined> {
    while (!this.#isClosed) {
      const changed = this.#changes.next
      for (const entry of this.#entries.values()) {
        if (entry.isGiven || entry.state !== 'open') continue
        entry.isGiven = true
        yield new Invitation(entry, this)
      }
      await changed
    }
    return undefined
  }

  /** Takes what the hub tells an invitee: an invitation, or its end. */
  async take(event: ConversationEvent, hub: Connection): Promise<void> {
    if (event.type === 'invited') {
      if (this.#entries.size >= KEPT_MAX && !this.#entries.has(event.invitation)) return this.#wait(event)
      await this.#invited(event)
    } else if (event.type === 'declined' || event.type === 'cancelled' || event.type === 'expired')
      await this.#ended(event.invitation, event.type)
    hub.acknowledge(event)
    await this.#takeWaiting(hub)
  }

  #wait(event: Invited): void {
    const hasRoom = this.#waiting.length < WAITING_MAX
    verify(hasRoom, 'answer_invalid', `the hub shows ${WAITING_MAX} invitations more than this device acknowledged`)
    this.#waiting.push(event)
  }

  /** What waits comes again on the next connection. */
  forgetWaiting(): void {
    this.#waiting = []
  }

  /** The confirmation of what this device accepted is over its own challenge. Throws VerificationError. */
  async checkJoined(event: Joined): Promise<void> {
    const { record } = this.#entries.get(event.invitation) ?? {}
    if (!record?.accepted) return
    const self = await this.#selfFor(record.event)
    if (self)
      await verifyConfirmation(
        recallAcceptance(self, this.#home.authorities.pin, recallInvitation(record.event), record.accepted),
        event,
      )
  }

  /** This user has joined, by this device or another. */
  async joined(invitation: string, conversation: Conversation): Promise<void> {
    this.#entries.get(invitation)?.joined.resolve(conversation)
    await this.#end(invitation, 'joined')
  }

  /** Sends again what may not have arrived. */
  async resume(): Promise<void> {
    for (const { record } of [...this.#entries.values()]) {
      const isOver = Date.parse(record.event.expiresAt) <= this.#home.now().getTime()
      if (isOver) await this.#ended(record.event.invitation, 'expired')
      else if (record.accepted) await this.#send(record, 'accept', record.accepted).catch(() => undefined)
    }
  }

  /** Throws FingerprintChangedError, ClientError or Refusal. */
  async accept(entry: ReceivedEntry, attachment?: string): Promise<void> {
    const { event } = entry.record
    this.#refuseEnded(entry)
    this.#home.contacts.expect({ ...event.from, certificate: event.certificate })
    const self = await this.#selfFor(event)
    if (!self)
      throw new ClientError('key_missing', `the invitation is for ${event.invitee.fingerprint}, which is not here`)
    const { pin } = this.#home.authorities
    const answer = attachment ?? attachmentOf([stateSealingKey(self, pin)])
    const { params } = acceptInvitation(self, pin, recallInvitation(event), answer)
    // Stored first: what is said once is said the same way after a crash.
    const accepted = entry.record.accepted ?? AcceptParams.parse(params)
    entry.record = { ...entry.record, accepted }
    await this.#files.write(entry.record)
    await this.#send(entry.record, 'accept', accepted)
    if (entry.state === 'open') entry.state = 'accepted'
  }

  async decline(entry: ReceivedEntry, reason?: string): Promise<void> {
    const { invitation } = entry.record.event
    this.#refuseEnded(entry)
    await this.#send(entry.record, 'decline', { invitation, ...(reason !== undefined && { reason }) })
    await this.#ended(invitation, 'declined')
  }

  close(): void {
    this.#isClosed = true
    this.#changes.ring()
    for (const { joined } of this.#entries.values())
      joined.reject(new ClientError('link_ended', 'the client was closed'))
  }

  /** How the inviter's key differs from the one remembered. */
  changeOf({ record: { event } }: ReceivedEntry): FingerprintChange | null {
    return this.#home.contacts.changeTo({ ...event.from, certificate: event.certificate })
  }

  /** Whether people compared the inviter's key. */
  isCompared({ record: { event } }: ReceivedEntry): boolean {
    const { contacts } = this.#home
    return (
      contacts.changeTo({ ...event.from, certificate: event.certificate }) === null &&
      (contacts.find(event.from.username)?.compared ?? false)
    )
  }

  async #invited(event: Invited): Promise<void> {
    if (this.#entries.has(event.invitation) || Date.parse(event.expiresAt) <= this.#home.now().getTime()) return
    try {
      const self = await this.#selfFor(event)
      verify(
        event.invitee.username === selfOf(this.#home).username,
        'invitation_invalid',
        'the invitation is for another',
      )
      // For a key that this device has no more: nobody can accept it here.
      if (!self) return
      await this.#home.authorities.verified((pin) => receiveInvitation(self, pin, event, this.#home.now()))
      const { username, fingerprint } = event.from
      await seePerson(this.#home, { username, fingerprint, certificate: event.certificate }, 'unexplained')
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      this.#home.notices.tell({ type: 'refused', error, conversation: event.conversation })
      return
    }
    const record: ReceivedRecord = { kind: 'received', event }
    await this.#files.write(record)
    this.#add(record)
  }

  #add(record: ReceivedRecord): void {
    const entry: ReceivedEntry = {
      record,
      state: record.accepted ? 'accepted' : 'open',
      joined: new Deferred(),
      isGiven: false,
    }
    this.#entries.set(record.event.invitation, entry)
    this.#changes.ring()
  }

  async #takeWaiting(hub: Connection): Promise<void> {
    while (this.#entries.size < KEPT_MAX) {
      const next = this.#waiting.shift()
      if (!next) return
      await this.#invited(next)
      hub.acknowledge(next)
    }
  }

  #refuseEnded({ state }: ReceivedEntry): void {
    if (state === 'open' || state === 'accepted') return
    throw new ClientError('invitation_ended', `the invitation is ${state}`)
  }

  async #ended(invitation: string, how: InvitationState): Promise<void> {
    this.#entries.get(invitation)?.joined.reject(new ClientError('invitation_ended', `the invitation is ${how}`))
    await this.#end(invitation, how)
  }

  async #end(invitation: string, how: InvitationState): Promise<void> {
    const entry = this.#entries.get(invitation)
    if (!entry) return
    entry.state = how
    this.#entries.delete(invitation)
    await this.#files.remove(entry.record)
  }

  #send(
    { event }: ReceivedRecord,
    ...[method, params]:
      | ['accept', Parameters<typeof callAs<'accept'>>[4]]
      | ['decline', Parameters<typeof callAs<'decline'>>[4]]
  ): Promise<unknown> {
    return callAs(this.#home, this.#link, event.invitee.fingerprint, method, params)
  }

  /** This user under the certificate that the invitation names, or null. */
  async #selfFor({ invitee }: Invited): Promise<Self | null> {
    return ownCertificate(this.#home, invitee.fingerprint)
  }
}
