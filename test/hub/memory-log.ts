import type { HermesError } from '../../src/errors.js'
import type { Append, AppendCallback, AppendFailure, EventLog, NewEvent, Page } from '../../src/store/event-log.js'
import type { Known, News } from '../../src/store/news.js'
import type {
  ConversationSnapshot,
  DeviceRecord,
  LeftConversations,
  Mailbox,
  MailboxConversation,
  Notice,
  StoredInvitation,
  StoredMember,
} from '../../src/store/records.js'

interface Rows {
  readonly id: number
  readonly uuid: string
  readonly createdBy: number
  epoch: number
  closed: boolean
  lastSeq: number
  events: readonly NewEvent[]
  readonly stays: Map<string, StoredMember>
  readonly invitations: Map<string, StoredInvitation>
}

type Acknowledged = (failure: HermesError | null) => void

interface Held {
  readonly entry: Append
  readonly done: AppendCallback
}

/**
 * An event log in memory that stores nothing until the test says `commit`, fails when the test says so, and
 * reads only through gates that the test may close.
 */
export class MemoryLog implements EventLog {
  readonly #conversations = new Map<number, Rows>()
  readonly held: Held[] = []
  readonly #doomed = new WeakSet<Held>()
  readonly cursors = new Map<string, number>()
  /** Acknowledgements that are not durable until they are called; null: each is at once. */
  heldAcks: Acknowledged[] | null = null
  /** What waits before a read of that kind; replace it to hold reads back or to make them fail. */
  gates = { load: pass, read: pass, mailbox: pass, find: pass, left: pass }
  /** Seqs that an earlier process stored. */
  storedBefore = 0

  append(entry: Append, done: AppendCallback): void {
    this.held.push({ entry, done })
  }

  /** Lets the next appends become durable, or fail all alike. */
  commit(count = this.held.length, failure: AppendFailure | null = null): void {
    for (let left = count; left > 0; left -= 1) {
      const held = this.held.shift()
      if (!held) return
      const { entry, done } = held
      const found = this.#doomed.has(held) ? CONFLICT : (failure ?? this.#obstacle(entry))
      if (found) this.#doom(entry.conversation)
      if (found) done(found, null)
      else done(null, { conversationId: this.#store(entry) })
    }
  }

  /** What was given before an append failed was decided on what is not so. */
  #doom(conversation: Append['conversation']): void {
    for (const held of this.held) if (held.entry.conversation === conversation) this.#doomed.add(held)
  }

  /** Stores at once, as another node does. */
  write(entry: Append): number {
    const obstacle = this.#obstacle(entry)
    if (obstacle) throw new Error(obstacle.reason)
    return this.#store(entry)
  }

  eventsOf(conversationId: number): readonly NewEvent[] {
    return this.#conversations.get(conversationId)?.events ?? []
  }

  /** What retention does. */
  remove(conversationId: number, seq: number): void {
    const rows = this.#rows(conversationId)
    rows.events = rows.events.filter((event) => event.seq !== seq)
  }

  async removeMessages(before: Date, limit: number): Promise<number> {
    const isOld = ({ type, at }: NewEvent) => type === 'message' && at < before.getTime()
    const old = [...this.#conversations.values()].flatMap(({ id, events }) =>
      events.filter(isOld).map(({ seq, at }) => ({ id, seq, at })),
    )
    const oldest = old.sort((a, b) => a.at - b.at).slice(0, limit)
    for (const { id, seq } of oldest) this.remove(id, seq)
    return oldest.length
  }

  async load(uuid: string): Promise<ConversationSnapshot | null> {
    await this.gates.load()
    const rows = this.#find(uuid)
    if (!rows) return null
    const { events: _, stays, invitations, ...rest } = rows
    const byStart = [...stays.values()].sort((a, b) => a.fromSeq - b.fromSeq)
    return { ...rest, stays: byStart, invitations: [...invitations.values()] }
  }

  async read(conversationId: number, { after, upTo, limit, maxBytes }: Page) {
    await this.gates.read()
    const events = this.eventsOf(conversationId).filter(({ seq }) => seq > after && seq <= upTo)
    let bytes = 0
    const page: NewEvent[] = []
    for (const event of events.slice(0, limit)) {
      bytes += Buffer.byteLength(event.body)
      if (page.length > 0 && bytes > maxBytes) break
      page.push(event)
    }
    return page.map(({ seq, type, body }) => ({ seq, type, body }))
  }

  async findMessage(conversationId: number, senderId: number, messageId: string) {
    await this.gates.find()
    const found = this.eventsOf(conversationId).find((e) => e.senderId === senderId && e.messageId === messageId)
    return found ? { seq: found.seq, body: found.body } : null
  }

  async findConversationOfInvitation(invitation: string) {
    return [...this.#conversations.values()].find(({ invitations }) => invitations.has(invitation))?.uuid ?? null
  }

  async findRequest() {
    return null
  }

  async findPlaces() {
    return []
  }

  async findOpenInvitations() {
    return []
  }

  async findDueInvitations() {
    return []
  }

  async openDevice(): Promise<DeviceRecord> {
    throw new Error('devices are made by the test')
  }

  readonly connections = new Map<number, number>()

  async connectDevice(deviceId: number): Promise<number> {
    const number = (this.connections.get(deviceId) ?? 0) + 1
    this.connections.set(deviceId, number)
    return number
  }

  async findNews(known: Known): Promise<News> {
    await this.gates.mailbox()
    const isKnown = new Set(known.memberships.map(([userId, id]) => `${userId} ${id}`))
    const all = [...this.#conversations.values()]
    return {
      conversations: known.conversations.flatMap(([conversationId, seq]) => {
        const { lastSeq } = this.#rows(conversationId)
        return lastSeq !== seq ? [{ conversationId, lastSeq }] : []
      }),
      memberships: all.flatMap(({ id: conversationId, uuid, lastSeq, stays }) =>
        [...stays.values()]
          .filter(({ userId, toSeq }) => toSeq === null && known.userIds.includes(userId))
          .filter(({ userId }) => !isKnown.has(`${userId} ${conversationId}`))
          .map(({ userId }) => ({ userId, conversationId, uuid, lastSeq })),
      ),
      notices: known.notices.flatMap(([deviceId, count]) => {
        const device = { id: deviceId, userId: Math.floor(deviceId / 10), name: '' }
        return this.#noticesOf(device).length > count ? [{ deviceId }] : []
      }),
      connections: known.connections.flatMap(([deviceId, number]) => {
        const newest = this.connections.get(deviceId) ?? 0
        return newest > number ? [{ deviceId, number: newest }] : []
      }),
    }
  }

  async openMailbox(device: DeviceRecord, notices: number): Promise<Mailbox> {
    await this.gates.mailbox()
    const conversations = this.#unreadOf(device).filter(({ stays }) => stays.at(-1)?.toSeq === null)
    return { conversations, notices: this.#noticesOf(device).slice(0, notices) }
  }

  async readNotices(device: DeviceRecord, limit: number): Promise<readonly Notice[]> {
    const notices = this.#noticesOf(device).slice(0, limit)
    await this.gates.mailbox()
    return notices
  }

  async readNoticesOf(device: DeviceRecord, id: string): Promise<readonly Notice[] | null> {
    const found = [...this.#conversations.values()].find(({ invitations }) => invitations.has(id))
    if (found?.invitations.get(id)?.invitee.userId !== device.userId) return null
    return this.#noticesOf(device).filter(({ invitation }) => invitation === id)
  }

  async readLeft(device: DeviceRecord, after: number, limit: number): Promise<LeftConversations> {
    const left = this.#readLeft(device, after, limit)
    await this.gates.left()
    return left
  }

  #readLeft(device: DeviceRecord, after: number, limit: number): LeftConversations {
    const had = [...this.#conversations.values()].filter(
      (rows) => rows.id > after && this.#mailboxOf(device, rows) !== null,
    )
    const ids = had.slice(0, limit).map(({ id }) => id)
    const conversations = this.#unreadOf(device).filter(
      ({ conversationId, stays }) => ids.includes(conversationId) && stays.at(-1)?.toSeq !== null,
    )
    return { conversations, next: had.length > limit ? (ids.at(-1) ?? null) : null }
  }

  async openMailboxConversation(device: DeviceRecord, uuid: string) {
    await this.gates.mailbox()
    const rows = this.#find(uuid)
    return rows ? this.#mailboxOf(device, rows) : null
  }

  async listConversations() {
    return []
  }

  acknowledge(deviceId: number, conversationId: number, seq: number, done?: Acknowledged): void {
    this.#acknowledge(`${deviceId} ${conversationId}`, seq, done)
  }

  acknowledgeInvitation(deviceId: number, invitation: string, acked: 1 | 2, done?: Acknowledged): void {
    this.#acknowledge(`${deviceId} ${invitation}`, acked, done)
  }

  #acknowledge(key: string, value: number, done?: Acknowledged): void {
    const settle: Acknowledged = (failure) => {
      if (!failure) this.#move(key, value)
      done?.(failure)
    }
    if (this.heldAcks) this.heldAcks.push(settle)
    else settle(null)
  }

  async wasStoredBefore(_conversationId: number, seq: number) {
    return seq <= this.storedBefore
  }

  #move(key: string, value: number): void {
    this.cursors.set(key, Math.max(value, this.cursors.get(key) ?? 0))
  }

  #rows(id: number): Rows {
    const rows = this.#conversations.get(id)
    if (!rows) throw new Error(`there is no conversation ${id}`)
    return rows
  }

  #find(uuid: string): Rows | undefined {
    return [...this.#conversations.values()].find((rows) => rows.uuid === uuid)
  }

  #mailboxOf(device: DeviceRecord, { id, uuid, lastSeq, stays }: Rows): MailboxConversation | null {
    const own = [...stays.values()].filter(({ userId }) => userId === device.userId)
    if (own.length === 0) return null
    const ackedSeq = this.cursors.get(`${device.id} ${id}`) ?? 0
    const ranges = own.map(({ fromSeq, toSeq }) => ({ fromSeq, toSeq })).sort((a, b) => a.fromSeq - b.fromSeq)
    return { conversationId: id, uuid, lastSeq, stays: ranges, ackedSeq }
  }

  #unreadOf(device: DeviceRecord): readonly MailboxConversation[] {
    return [...this.#conversations.values()].flatMap((rows) => {
      const mailbox = this.#mailboxOf(device, rows)
      const stays = mailbox?.stays.filter(({ toSeq }) => toSeq === null || toSeq > mailbox.ackedSeq) ?? []
      return mailbox && stays.length > 0 ? [{ ...mailbox, stays }] : []
    })
  }

  /** In the order of the log, as far as one conversation goes. */
  #noticesOf(device: DeviceRecord): readonly Notice[] {
    return [...this.#conversations.values()].flatMap(({ id: conversationId, invitations }) =>
      [...invitations.values()].flatMap(({ id: invitation, invitee, state, invitedSeq, endedSeq }) => {
        if (invitee.userId !== device.userId || state === 'joined') return []
        const acked = this.cursors.get(`${device.id} ${invitation}`) ?? 0
        const both = [
          { invitation, conversationId, seq: invitedSeq, place: 1 as const },
          { invitation, conversationId, seq: endedSeq ?? 0, place: 2 as const },
        ]
        return both.filter(({ seq, place }) => seq > 0 && place > acked)
      }),
    )
  }

  #obstacle({ conversation, expectedSeq, events }: Append): AppendFailure | null {
    if (typeof conversation === 'object') return null
    const rows = this.#rows(conversation)
    if (rows.lastSeq !== expectedSeq) return { reason: 'conflict' }
    const keyOf = ({ senderId, messageId }: NewEvent) => `${senderId} ${messageId}`
    const known = new Set(rows.events.filter(({ messageId }) => messageId !== null).map(keyOf))
    return events.some((event) => known.has(keyOf(event))) ? { reason: 'duplicate' } : null
  }

  #store({ conversation, events, epoch, closed, stays, invitations }: Append): number {
    const rows = typeof conversation === 'object' ? this.#make(conversation) : this.#rows(conversation)
    Object.assign(rows, { epoch, closed, lastSeq: rows.lastSeq + events.length, events: [...rows.events, ...events] })
    for (const stay of stays) rows.stays.set(`${stay.userId} ${stay.fromSeq}`, stay)
    for (const invitation of invitations) rows.invitations.set(invitation.id, invitation)
    return rows.id
  }

  #make({ uuid, createdBy }: { uuid: string; createdBy: number }): Rows {
    const id = this.#conversations.size + 1
    const empty = { epoch: 0, closed: false, lastSeq: 0, events: [], stays: new Map(), invitations: new Map() }
    const rows: Rows = { id, uuid, createdBy, ...empty }
    this.#conversations.set(id, rows)
    return rows
  }
}

const CONFLICT: AppendFailure = { reason: 'conflict' }

async function pass(): Promise<void> {}
