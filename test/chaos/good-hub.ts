import { randomUUID } from 'node:crypto'
import type { DeviceEntry } from '../../chaos/history/entry.js'
import type { History } from '../../chaos/history/history.js'
import { createChallenge } from '../../src/client/invitation.js'
import { acceptInvitation, receiveInvitation } from '../../src/client/invitee.js'
import { confirmInvitation, rememberInvitation, verifyAcceptance } from '../../src/client/inviter.js'
import type { NumberedEvent } from '../../src/client/log/apply.js'
import { AcceptedEvent, ConversationEvent, InvitedEvent } from '../../src/wire/events.js'
import { InviteResult } from '../../src/wire/operations.js'
import { rosterDigest } from '../../src/wire/transcript.js'
import { createInstallation, DAY, type TestParty } from '../client/parties.js'

/** A device of somebody who may be connected, and what it writes down. */
interface Device {
  readonly party: TestParty
  readonly device: string
  readonly entries: DeviceEntry[]
  connection: number | null
  acked: number
}

const partyOf = ({ username, fingerprint }: TestParty) => ({ username, fingerprint })

/** A hub that does everything right, and devices that write down what they see of one conversation. */
export class GoodHub {
  readonly installation = createInstallation()
  readonly conversation = randomUUID()
  readonly log: NumberedEvent[] = []
  readonly members = new Map<string, TestParty>()
  readonly devices: Device[] = []
  #clock = 0
  #connections = 0

  get now(): number {
    this.#clock += 100
    return this.#clock
  }

  device(party: TestParty, device: string): Device {
    const made: Device = { party, device, entries: [], connection: null, acked: 0 }
    this.devices.push(made)
    return made
  }

  connect(device: Device): void {
    const since = this.now
    this.disconnect(device)
    this.#connections += 1
    device.connection = this.#connections
    const certificate = device.party.fingerprint
    device.entries.push({ kind: 'opened', t: this.now, since, connection: device.connection, certificate })
    for (const event of this.seenBy(device.party.username)) if (event.seq > device.acked) this.push(device, event)
  }

  disconnect(device: Device, code = 1006): void {
    if (device.connection !== null)
      device.entries.push({ kind: 'closed', t: this.now, connection: device.connection, code })
    device.connection = null
  }

  push({ entries, connection }: Device, event: ConversationEvent): void {
    if (connection !== null) entries.push({ kind: 'pushed', t: this.now, connection, event })
  }

  /** Events from the beginning of the user's stay to its end. */
  seenBy(username: string): readonly NumberedEvent[] {
    const from = this.log.findIndex((event) => beginsStay(event, username))
    const to = this.log.findIndex((event) => event.type === 'left' && event.from.username === username)
    return from < 0 ? [] : this.log.slice(from, to < 0 ? undefined : to + 1)
  }

  append(by: TestParty, fields: object, sender: Device | null = null): NumberedEvent {
    const seq = this.log.length + 1
    const at = new Date().toISOString()
    const event = ConversationEvent.parse({ conversation: this.conversation, seq, at, from: partyOf(by), ...fields })
    const numbered = { ...event, seq }
    this.log.push(numbered)
    const seers = this.devices.filter(({ party }) => this.seenBy(party.username).includes(numbered))
    for (const device of seers) if (device !== sender) this.push(device, numbered)
    return numbered
  }

  call(
    device: Device,
    method: DeviceEntry extends infer E ? (E extends { method: infer M } ? M : never) : never,
    params: object,
    outcome: object,
  ): void {
    const { entries, connection, party } = device
    const timing = { since: this.now, t: this.now, connection, certificate: party.fingerprint }
    entries.push({ kind: 'call', method, params, outcome, ...timing } as DeviceEntry)
  }

  start(device: Device): void {
    this.members.set(device.party.username, device.party)
    this.append(device.party, { type: 'started', participants: [] })
    this.call(
      device,
      'start',
      { participants: [] },
      { result: { conversation: this.conversation, participants: [], seq: 1 } },
    )
  }

  /** Every other attempt is made twice. */
  send(device: Device, payload: string): void {
    const params = { conversation: this.conversation, messageId: randomUUID(), payload }
    const { seq, at } = this.append(device.party, { type: 'message', messageId: params.messageId, payload }, device)
    const isLost = seq % 3 === 0
    if (isLost) this.call(device, 'send', params, { lost: 'closed' })
    this.call(device, 'send', params, { result: { seq, at, duplicate: isLost } })
    if (seq % 4 === 0) this.call(device, 'send', params, { result: { seq, at, duplicate: true } })
  }

  ack(device: Device, isAnswered: boolean): void {
    const seq = this.seenBy(device.party.username).at(-1)?.seq
    const { conversation, connection } = { conversation: this.conversation, ...device }
    if (seq === undefined || connection === null) return
    device.acked = seq
    if (isAnswered) this.call(device, 'ack', { conversation, seq }, { result: {} })
    else device.entries.push({ kind: 'ack', t: this.now, connection, conversation, seq })
  }

  async join(inviter: TestParty, invitee: TestParty): Promise<void> {
    const { pin } = this.installation
    const now = new Date()
    const challenge = createChallenge()
    const members = [...this.members.values()].map(partyOf)
    const shown = {
      invitation: randomUUID(),
      expiresAt: `${new Date(now.getTime() + 7 * DAY).toISOString().slice(0, 19)}Z`,
      roster: rosterDigest(members),
      members,
      rosterSeq: this.log.length,
    }
    const params = { conversation: this.conversation, ...partyOf(invitee), challenge }
    const invited = InvitedEvent.parse(
      this.append(inviter, {
        ...shown,
        type: 'invited',
        invitee: partyOf(invitee),
        certificate: inviter.certificate,
        challenge,
        attachmentDigest: '-',
      }),
    )
    const { seq, ...notice } = invited
    for (const device of this.devices) if (device.party === invitee) this.push(device, notice)
    const answer = acceptInvitation(invitee, pin, receiveInvitation(invitee, pin, invited, now))
    const accepted = AcceptedEvent.parse(
      this.append(invitee, {
        ...answer.params,
        type: 'accepted',
        certificate: invitee.certificate,
        attachmentDigest: '-',
      }),
    )
    const sent = rememberInvitation(inviter, params, InviteResult.parse({ ...shown, seq }), now)
    const confirmed = confirmInvitation(inviter, await verifyAcceptance(inviter, pin, sent, accepted, now))
    this.members.set(invitee.username, invitee)
    this.append(inviter, {
      ...shown,
      type: 'joined',
      inviter: { ...partyOf(inviter), certificate: inviter.certificate },
      member: { ...partyOf(invitee), certificate: invitee.certificate },
      inviterChallenge: challenge,
      inviteeChallenge: answer.params.challenge,
      confirmationRoster: shown.roster,
      inviteeSignature: answer.params.signature,
      inviterSignature: confirmed.signature,
      inviterAttachment: '-',
      inviteeAttachment: '-',
      confirmationAttachment: '-',
      commitAttachment: '-',
    })
  }

  leave(device: Device): void {
    const { seq } = this.append(device.party, { type: 'left', reason: 'left' })
    this.members.delete(device.party.username)
    this.call(device, 'leave', { conversation: this.conversation }, { result: { seq } })
  }

  revoke(device: Device): void {
    this.call(device, 'revoke', { ends: [device.party.fingerprint] }, { result: {} })
    this.disconnect(device, 4501)
  }

  where(device: Device): void {
    const lastSeq = this.seenBy(device.party.username).at(-1)?.seq ?? 0
    const row = { conversation: this.conversation, status: 'member', lastSeq, ackedSeq: device.acked }
    this.call(device, 'conversations', {}, { result: { conversations: [row], more: false } })
  }

  /** Everybody has everything, and is asked where he stands. */
  settle(device: Device): void {
    this.connect(device)
    this.ack(device, true)
    const events = this.seenBy(device.party.username)
    const lastSeq = events.at(-1)?.seq ?? 0
    this.call(
      device,
      'history',
      { conversation: this.conversation, after: 0 },
      { result: { events, lastSeq, more: false } },
    )
    this.where(device)
    device.entries.push({ kind: 'settled', t: this.now })
  }

  history(): History {
    const devices = this.devices.map(({ party, device, entries }) => ({ username: party.username, device, entries }))
    const memory = { kind: 'memory', t: this.now, server: 'hub', rss: 200_000_000 } as const
    return { pin: this.installation.pin, devices, run: [memory] }
  }
}

function beginsStay(event: NumberedEvent, username: string): boolean {
  if (event.type === 'joined') return event.member.username === username
  return event.type === 'started' && event.from.username === username
}
