import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { AcceptedEvent } from '../../wire/events.js'
import { ClientError } from '../client-error.js'
import { type Home, selfOf } from '../home.js'
import { createChallenge, type Self } from '../invitation.js'
import { type Confirmation, rememberInvitation, type VerifiedAcceptance, verifyAcceptance } from '../inviter.js'
import { Refusal } from '../refusal.js'
import { ownCertificate } from '../renewal.js'
import { VerificationError, verify } from '../verification-error.js'
import { callAs } from './call-as.js'
import { confirmAs } from './confirm-as.js'
import { Deferred } from './deferred.js'
import type { InvitationFiles, SentRecord } from './invitation-files.js'
import type { Live } from './live.js'
import type { LogEvent } from './log-event.js'
import { verifyOwnInvitation } from './own-invitation.js'
import { type SentEnd, SentInvitation, type SentState } from './sent-invitation.js'

export interface InviteOptions {
  /** base64url for the invitee's program, 64 KiB at most. */
  readonly attachment?: string
  /** Whether this client confirms by itself when he has accepted; true when absent. */
  readonly autoConfirm?: boolean
}

/** One of them, and how far it has come. */
export interface SentEntry {
  record: SentRecord & { readonly answer: NonNullable<SentRecord['answer']> }
  state: SentState
  readonly accepted: Deferred<VerifiedAcceptance>
  readonly ended: Deferred<SentEnd>
  /** While this client confirms by itself. */
  confirming: Promise<void> | null
}

/** The invitations that this device made, and the confirmations of those that were accepted. */
export class SentInvitations {
  readonly #live: Live
  readonly #home: Home
  readonly #files: InvitationFiles
  readonly #entries = new Map<string, SentEntry>()
  /** Whether they reached the hub is not known. */
  readonly #unanswered = new Set<SentRecord>()

  constructor(live: Live, files: InvitationFiles) {
    this.#live = live
    this.#home = live.home
    this.#files = files
  }

  recall({ answer, ...record }: SentRecord): void {
    if (answer) this.#add({ ...record, answer })
    else this.#unanswered.add(record)
  }

  /** Open ones of a conversation. */
  of(conversation: string): readonly SentInvitation[] {
    return [...this.#entries.values()]
      .filter(({ record }) => record.params.conversation === conversation)
      .map((entry) => new SentInvitation(entry, this))
  }

  /** Finishes what an earlier process, or a connection that broke, left unfinished. */
  async resume(): Promise<void> {
    for (const record of [...this.#unanswered]) await this.#invite(record).catch(() => undefined)
    for (const entry of [...this.#entries.values()]) await this.#look(entry)
  }

  async invite(
    conversation: string,
    username: string,
    fingerprint: string,
    options: InviteOptions,
  ): Promise<SentInvitation> {
    const { attachment, autoConfirm = true } = options
    const params = {
      conversation: conversation as SentRecord['params']['conversation'],
      username,
      fingerprint,
      challenge: createChallenge(),
      requestId: randomUUID(),
      ...(attachment !== undefined && { attachment }),
    }
    const record: SentRecord = { kind: 'sent', params, autoConfirm }
    await this.#files.write(record)
    return new SentInvitation(await this.#invite(record), this)
  }

  /** Events of a conversation that are on disk. */
  saw(events: readonly LogEvent[]): void {
    for (const event of events) {
      const entry = 'invitation' in event ? this.#entries.get(event.invitation) : undefined
      if (entry) void this.#saw(entry, event).catch(() => undefined)
    }
  }

  /** Throws VerificationError, ClientError or Refusal. */
  async confirm(entry: SentEntry, options: Omit<Confirmation, 'members'> = {}): Promise<void> {
    const acceptance = await entry.accepted.promise
    await confirmAs(this.#live, await this.#inviterOf(entry), acceptance, options)
  }

  async cancel(entry: SentEntry, reason?: string): Promise<void> {
    if (!this.#entries.has(entry.record.answer.invitation))
      throw new ClientError('invitation_ended', `the invitation is ${entry.state}`)
    const params = { invitation: entry.record.answer.invitation, ...(reason !== undefined && { reason }) }
    const { fingerprint } = await this.#inviterOf(entry)
    const { seq } = await callAs(this.#home, this.#live.link, fingerprint, 'cancel', params)
    await this.#live.reached(entry.record.params.conversation, seq)
  }

  close(): void {
    const error = new ClientError('link_ended', 'the client was closed')
    for (const { accepted, ended } of this.#entries.values()) {
      accepted.reject(error)
      ended.reject(error)
    }
  }

  async #invite(record: SentRecord): Promise<SentEntry> {
    const { params } = record
    const answer = await this.#live.link.call('invite', params).catch(async (error: unknown) => {
      if (error instanceof Refusal) await this.#forget(record)
      throw error
    })
    this.#unanswered.delete(record)
    const entry = this.#add({ ...record, answer })
    rememberInvitation(await this.#inviterOf(entry), params, answer, this.#home.now())
    await this.#files.write(entry.record)
    await this.#live.reached(params.conversation, answer.seq)
    verifyOwnInvitation(entry.record, await this.#live.ledgerOf(params.conversation).journal.find(answer.seq))
    await this.#look(entry)
    return entry
  }

  async #forget(record: SentRecord): Promise<void> {
    this.#unanswered.delete(record)
    await this.#files.remove(record)
  }

  #add(record: SentEntry['record']): SentEntry {
    const entry: SentEntry = {
      record,
      state: 'invited',
      accepted: new Deferred(),
      ended: new Deferred(),
      confirming: null,
    }
    this.#entries.set(record.answer.invitation, entry)
    return entry
  }

  /** What the journal says of it: after a restart nobody tells it again. */
  async #look(entry: SentEntry): Promise<void> {
    const { answer, params } = entry.record
    const ledger = this.#live.ledgerOf(params.conversation)
    for await (const event of ledger.journal.after(answer.seq))
      if ('invitation' in event && event.invitation === answer.invitation) await this.#saw(entry, event)
    if (ledger.state?.standing === 'left') await this.#end(entry, 'cancelled')
  }

  async #saw(entry: SentEntry, event: LogEvent): Promise<void> {
    switch (event.type) {
      case 'accepted':
        return this.#accepted(entry, event)
      case 'joined':
      case 'declined':
      case 'cancelled':
      case 'expired':
        return this.#end(entry, event.type)
      default:
        return undefined
    }
  }

  async #accepted(entry: SentEntry, event: z.output<typeof AcceptedEvent>): Promise<void> {
    if (entry.state === 'accepted') return this.#autoConfirm(entry)
    const { params: sent, answer } = entry.record
    const self = await this.#inviterOf(entry)
    try {
      const acceptance = await this.#home.authorities.verified((pin) =>
        verifyAcceptance(self, pin, { sent, answer }, event, new Date(event.at)),
      )
      entry.state = 'accepted'
      entry.accepted.resolve(acceptance)
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      entry.accepted.reject(error)
      return this.#home.notices.tell({ type: 'refused', error, conversation: sent.conversation })
    }
    await this.#autoConfirm(entry)
  }

  async #autoConfirm(entry: SentEntry): Promise<void> {
    if (!entry.record.autoConfirm || entry.confirming) return
    entry.confirming = this.confirm(entry)
    try {
      await entry.confirming
    } catch (error) {
      if (error instanceof ClientError && error.code === 'link_ended') return
      const invitation = new SentInvitation(entry, this)
      this.#home.notices.tell({ type: 'not_confirmed', invitation, error: error as Error })
    } finally {
      entry.confirming = null
    }
  }

  async #end(entry: SentEntry, how: SentEnd): Promise<void> {
    if (!this.#entries.delete(entry.record.answer.invitation)) return
    entry.state = how
    entry.ended.resolve(how)
    entry.accepted.reject(new ClientError('invitation_ended', `the invitation is ${how}`))
    await this.#files.remove(entry.record)
  }

  /** This user under the certificate that the invitation was made under. */
  async #inviterOf({ record: { answer } }: SentEntry): Promise<Self> {
    const { username } = selfOf(this.#home)
    const named = answer.members.find((member) => member.username === username)?.fingerprint
    verify(named !== undefined, 'roster_mismatch', `${username} is not among the members`)
    const self = await ownCertificate(this.#home, named)
    if (self) return self
    throw new ClientError('key_missing', `the invitation was made under ${named}, which is not here`)
  }
}
