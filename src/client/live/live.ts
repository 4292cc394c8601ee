import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageEvent, type Party } from '../../wire/events.js'
import { ClientError } from '../client-error.js'
import type { Notification } from '../frames.js'
import { type Home, selfOf } from '../home.js'
import { type Connection, ConnectionClosed } from '../hub-client.js'
import type { NumberedEvent } from '../log/apply.js'
import type { ParamsOf } from '../methods.js'
import type { People } from '../people.js'
import { adoptSeen } from '../renewal.js'
import { verify } from '../verification-error.js'
import { Conversation } from './conversation.js'
import { certifiedNow } from './first-members.js'
import { type ConnectOptions, HubLink } from './hub-link.js'
import { InvitationFiles } from './invitation-files.js'
import type { Ledger } from './ledger.js'
import { Ledgers } from './ledgers.js'
import type { LogEvent } from './log-event.js'
import { Opener } from './opener.js'
import { Received } from './received.js'
import { Renewals } from './renewals.js'
import type { Sent } from './say.js'
import { Sealer } from './sealer.js'
import { SentInvitations } from './sent.js'
import { SignalPost } from './signal-post.js'
import { tellKey } from './tell-key.js'

/** What was answered is pushed before long; after so long it is asked for. */
const GRACE_MS = 1000

/** What one client does with the hub: the conversations on this device, and the link that they come by. */
export class Live {
  readonly home: Home
  readonly link: HubLink
  readonly people: People
  readonly received: Received
  readonly sent: SentInvitations
  readonly sealer: Sealer
  readonly opener: Opener
  readonly #files: InvitationFiles
  readonly #renewals: Renewals
  readonly #ledgers: Ledgers
  readonly #conversations = new Map<string, Conversation>()
  readonly #signals = new Map<string, SignalPost>()
  #isClosed = false

  constructor(home: Home, people: People) {
    this.home = home
    this.people = people
    this.link = new HubLink(home, (batch, hub) => this.#take(batch, hub))
    this.#ledgers = new Ledgers({
      home,
      checkJoined: (event) => this.received.checkJoined(event),
      saw: (ledger, events) => this.#saw(ledger, events),
    })
    this.#files = new InvitationFiles(home.state.path)
    this.received = new Received(home, this.link, this.#files)
    this.sent = new SentInvitations(this, this.#files)
    this.#renewals = new Renewals(home)
    this.sealer = new Sealer(home, (id) => certifiedNow(this.link, id))
    this.opener = new Opener(home)
    home.onRenewed = () => this.link.renewed()
  }

  /** Reads what this device has. Asks nothing of the network. */
  async recall(): Promise<void> {
    await this.#ledgers.recall()
    for (const ledger of this.#ledgers.known) this.#conversationOf(ledger)
    for (const record of await this.#files.recall())
      if (record.kind === 'sent') this.sent.recall(record)
      else this.received.recall(record)
  }

  async connect(options: ConnectOptions): Promise<void> {
    await this.link.connect(options)
    this.#renewals.start()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get conversations(): readonly Conversation[] {
    return [...this.#conversations.values()]
  }

  find(id: string): Conversation {
    const conversation = this.#conversations.get(id)
    if (conversation) return conversation
    throw new ClientError('conversation_unknown', `this device knows no conversation ${id}`)
  }

  ledgerOf(id: string): Ledger {
    return this.#ledgers.ledgerOf(id)
  }

  /** Begins a conversation with those whose certificates are named, and invites each. */
  async start(usernames: readonly string[]): Promise<Conversation> {
    const participants = await Promise.all(
      usernames.map(async (username) => ({ username, fingerprint: (await this.people.fetch(username)).fingerprint })),
    )
    const known = new Set(this.#conversations.keys())
    const { conversation, seq } = await this.link.call('start', { participants, requestId: randomUUID() })
    verify(!known.has(conversation), 'wrong_conversation', `the hub answered with ${conversation}, which is older`)
    const begun = await this.reached(conversation, seq)
    this.#verifyStarted(await this.ledgerOf(conversation).journal.find(seq), participants)
    for (const { username, fingerprint } of participants)
      await this.sent.invite(conversation, username, fingerprint, {})
    return begun
  }

  /** Signals of a conversation. */
  signalsOf(id: string): SignalPost {
    const post = this.#signals.get(id) ?? new SignalPost()
    this.#signals.set(id, post)
    return post
  }

  /** As it is. */
  async send(ledger: Ledger, params: ParamsOf<'send'>): Promise<Pick<Sent, 'seq' | 'at'>> {
    if (ledger.failure) throw ledger.failure
    const { seq, at, duplicate } = await this.link.call('send', params)
    const { epoch, ...content } = params
    const { username } = selfOf(this.home)
    const from = { username, fingerprint: this.link.fingerprint, device: this.home.profile.device }
    await ledger.answered(MessageEvent.parse({ ...content, seq, at, type: 'message', from }), duplicate)
    await this.#ledgers.settle(ledger, this.link.hub)
    // Where events before it are still to come.
    if (ledger.lastSeq < seq) void this.reached(ledger.conversation, seq).catch(() => undefined)
    return { seq, at }
  }

  async signal(params: ParamsOf<'signal'>): Promise<boolean> {
    const { hub } = this.link
    if (!hub) return false
    try {
      await hub.call('signal', params)
      return true
    } catch (error) {
      if (error instanceof ConnectionClosed) return false
      throw error
    }
  }

  /** Resolves when this device has the events of a conversation up to `seq`, which an answer of the hub named. */
  async reached(id: string, seq: number): Promise<Conversation> {
    const ledger = this.#ledgers.ledgerOf(id)
    ledger.expect(seq)
    while (ledger.lastSeq < seq) {
      const changed = ledger.changes.next.then(() => true)
      if (ledger.failure) throw ledger.failure
      if (this.#isClosed) throw new ClientError('link_ended', 'the client was closed')
      if (!(await Promise.race([changed, sleep(GRACE_MS, false, { ref: false })]))) await this.#fill(ledger)
    }
    await ledger.journal.flush()
    return this.#conversationOf(ledger)
  }

  /** Ends the link and every loop; what was taken is on disk. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#renewals.stop()
    await this.link.close()
    this.received.close()
    this.sent.close()
    await Promise.allSettled(this.#ledgers.known.map((ledger) => ledger.flush()))
    for (const post of this.#signals.values()) post.end()
  }

  async #fill(ledger: Ledger): Promise<void> {
    const { hub } = this.link
    if (!hub) return
    await ledger.fill(hub).catch((error: unknown) => {
      if (!(error instanceof ConnectionClosed)) throw error
    })
    await this.#ledgers.settle(ledger, hub)
  }

  async #take(batch: readonly Notification[], hub: Connection): Promise<void> {
    const events: LogEvent[] = []
    for (const { method, params } of batch) {
      if (method === 'hello') this.#begin()
      if (method === 'certificate_expiring') this.#renewals.now()
      if (method === 'synced') this.#resume()
      if (method === 'event' && params.seq === undefined) await this.received.take(params, hub)
      if (method === 'signal') this.#signals.get(params.conversation)?.tell(params)
      if (method === 'event' && params.seq !== undefined) events.push(params as NumberedEvent)
      if (method === 'gap') {
        const { conversation, from: first, to: seq, reason } = params
        events.push({ type: 'gap', conversation, seq, first, reason })
      }
    }
    await this.#ledgers.take(events, hub)
  }

  /** What an earlier connection left over comes again. */
  #begin(): void {
    this.#ledgers.forgetAhead()
    this.received.forgetWaiting()
  }

  /** What cannot be finished now is taken up again with the next connection. */
  #resume(): void {
    void this.received.resume().catch(() => undefined)
    void this.sent.resume().catch(() => undefined)
    void tellKey({ home: this.home, send: (ledger, params) => this.send(ledger, params) }, this.#ledgers.known).catch(
      () => undefined,
    )
  }

  #saw(ledger: Ledger, events: readonly NumberedEvent[]): void {
    if (!ledger.state) return
    const isNew = !this.#conversations.has(ledger.conversation)
    const conversation = this.#conversationOf(ledger)
    if (isNew) this.home.notices.tell({ type: 'conversation', conversation })
    for (const event of events) {
      if (event.type === 'joined' && event.member.username === this.home.credentials?.username)
        void this.received.joined(event.invitation, conversation).catch(() => undefined)
      if (event.type === 'renewed') void adoptSeen(this.home, event).catch(() => undefined)
    }
    this.sent.saw(events)
  }

  #verifyStarted(event: LogEvent | null, participants: readonly Party[]): void {
    const named = (parties: readonly Party[]) =>
      parties.map(({ username, fingerprint }) => `${username} ${fingerprint}`)
    const isIt = event?.type === 'started' && named(event.participants).join() === named(participants).join()
    verify(isIt, 'wrong_conversation', 'the hub began a conversation with others')
  }

  #conversationOf(ledger: Ledger): Conversation {
    const known = this.#conversations.get(ledger.conversation)
    if (known) return known
    const conversation = new Conversation(ledger, this)
    this.#conversations.set(ledger.conversation, conversation)
    return conversation
  }
}
