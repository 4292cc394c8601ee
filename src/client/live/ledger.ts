import { setImmediate } from 'node:timers/promises'
import type { Party } from '../../wire/events.js'
import { type Home, selfOf } from '../home.js'
import type { Connection } from '../hub-client.js'
import { applyEvent, begin, NOBODY, type NumberedEvent } from '../log/apply.js'
import { restored } from '../log/restored.js'
import { type LogState, membersOf } from '../log/state.js'
import { seePeople } from '../people.js'
import { isStatement } from '../sealing/statement.js'
import { VerificationError, verify } from '../verification-error.js'
import { Arrivals, type Message } from './arrivals.js'
import { Bell } from './bell.js'
import { membersBeforeJoin, membersNow, seeMembers } from './first-members.js'
import { historyPage } from './history-page.js'
import type { Journal, Recalled } from './journal.js'
import type { GapEvent, LogEvent } from './log-event.js'
import { verifyOwnMessage, verifySame } from './same-event.js'
import { refuseUsed } from './used-invitation.js'
import { type CheckJoined, verifierOf } from './verifier.js'

/**
 * One conversation as this device knows it: takes events in any order, each once; verifies them in the order of seq,
 * and hands them to the journal. A lie stops it for good: nothing after it is taken or acknowledged.
 */
export class Ledger {
  readonly conversation: string
  readonly journal: Journal
  readonly changes = new Bell()
  readonly #home: Home
  readonly #checkJoined: CheckJoined
  readonly #arrivals = new Arrivals()
  #state: LogState | null
  #taken: number
  #failure: VerificationError | null = null
  /** The log has at least so many events. */
  #expected = 0
  #applied: NumberedEvent[] = []
  #turn: Promise<unknown> = Promise.resolve()
  #isNotingTaken = false

  constructor(conversation: string, journal: Journal, home: Home, checkJoined: CheckJoined, recalled: Recalled | null) {
    this.conversation = conversation
    this.journal = journal
    this.#home = home
    this.#checkJoined = checkJoined
    this.#state = recalled?.state ?? null
    this.#taken = recalled?.taken ?? 0
  }

  /** Null until the first event was taken. */
  get state(): LogState | null {
    return this.#state
  }

  get lastSeq(): number {
    return this.#state?.lastSeq ?? 0
  }

  get members(): readonly Party[] {
    return this.#state ? membersOf(this.#state) : []
  }

  /** The lie that stopped it. */
  get failure(): VerificationError | null {
    return this.#failure
  }

  /** Up to where a reader of this device took the events. */
  get taken(): number {
    return this.#taken
  }

  /** A reader has done with the event of `seq`. */
  took(seq: number): void {
    if (seq <= this.#taken) return
    this.#taken = seq
    if (this.#isNotingTaken) return
    this.#isNotingTaken = true
    void this.#noteTaken()
  }

  /** Where the disk fails, what is to be acknowledged fails too, and says so. */
  async #noteTaken(): Promise<void> {
    await setImmediate()
    this.#isNotingTaken = false
    this.journal.append({ taken: this.#taken })
    await this.journal.flush().catch(() => undefined)
  }

  /** Takes an event or a gap as the hub pushed it. */
  take(event: LogEvent, hub: Connection): Promise<void> {
    return this.#guarded(async () => {
      if (event.type !== 'gap' && event.seq <= this.lastSeq) return verifySame(await this.#find(event.seq), event)
      if (event.seq <= this.lastSeq) return
      this.#arrivals.add(event)
      await this.#advance(hub)
    })
  }

  /** Takes a message of one's own, which the hub answered and does not push. */
  answered(message: Message, isDuplicate: boolean): Promise<void> {
    return this.#guarded(async () => {
      if (message.seq <= this.lastSeq) return verifyOwnMessage(message, await this.#find(message.seq))
      // One that was stored on an earlier connection is pushed on this one.
      if (isDuplicate) return
      this.#arrivals.addOwn(message)
      this.expect(message.seq)
      await this.#advance(null)
    })
  }

  /** An answer of the hub names an event of this seq. */
  expect(seq: number): void {
    this.#expected = Math.max(this.#expected, seq)
  }

  /** Whether events came that cannot be taken before others. */
  get hasHole(): boolean {
    return this.#arrivals.isWaiting
  }

  /** Reads what lies between what was taken and what came, if anything does. */
  fill(hub: Connection): Promise<void> {
    return this.#guarded(async () => {
      // An answer of the same moment may fill it.
      if (this.#isBehind) await setImmediate()
      await this.#advance(hub)
      if (this.#isBehind) await this.#readOn(hub)
    })
  }

  /** They come again. */
  forgetAhead(): void {
    this.#arrivals.forgetEvents()
  }

  /** Resolves with what was taken since the last time, when it is on disk. */
  async flush(): Promise<readonly NumberedEvent[]> {
    const applied = this.#applied
    this.#applied = []
    await this.journal.flush()
    this.changes.ring()
    return applied
  }

  get #isBehind(): boolean {
    return !this.#failure && (this.#arrivals.isWaiting || this.lastSeq < this.#expected)
  }

  /** One at a time; a lie is the end. */
  #guarded(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(async () => {
      try {
        if (!this.#failure) await act()
      } catch (error) {
        if (!(error instanceof VerificationError)) throw error
        this.#failure = error
        this.#home.notices.tell({ type: 'refused', error, conversation: this.conversation })
        this.changes.ring()
      }
    })
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** Takes all that is next. */
  async #advance(hub: Connection | null): Promise<void> {
    for (let next = this.#next(); next; next = this.#next()) {
      await this.#apply(next, hub)
      this.#arrivals.taken(this.lastSeq)
    }
  }

  #next(): LogEvent | undefined {
    return this.#arrivals.next(this.#state, (event) => this.#isBeginning(event))
  }

  #isBeginning(event: LogEvent): boolean {
    return (
      (event.type === 'started' && this.#state === null) ||
      (event.type === 'joined' && event.member.username === selfOf(this.#home).username)
    )
  }

  async #apply(event: LogEvent, hub: Connection | null): Promise<void> {
    if (event.type === 'gap') return this.#skip(event, hub)
    const own = this.#arrivals.ownAt(event.seq)
    if (own) verifyOwnMessage(own, event)
    const { username } = selfOf(this.#home)
    const state = this.#state?.standing === 'member' ? this.#state : null
    await refuseUsed(this.journal, state, event)
    const first = state || event.type !== 'joined' || !hub ? NOBODY : await membersBeforeJoin(hub, event)
    const applied = await this.#home.authorities.verified((pin) => {
      const verifier = verifierOf(this.#home, pin)
      return state ? applyEvent(state, verifier, event) : begin(verifier, event, first, this.#state)
    })
    if (event.type === 'joined' && event.member.username === username) await this.#checkJoined(event)
    await seePeople(this.#home, applied.seen)
    if (!state && hub) await seeMembers(this.#home, hub, this.conversation, first.members)
    if (first.isPartial) this.#home.notices.tell({ type: 'members_unverified', conversation: this.conversation })
    this.#keep(event, applied.state)
    this.#applied.push(event)
  }

  async #skip(event: GapEvent, hub: Connection | null): Promise<void> {
    const state = this.#state
    if (!state) return
    if (event.reason === 'retention') return this.#keep(event, { ...state, lastSeq: event.seq })
    if (!hub) return
    const members = await membersNow(hub, this.conversation)
    this.#keep(event, restored(state, event.seq, members, selfOf(this.#home).username))
  }

  #keep(event: LogEvent, state: LogState): void {
    const isChange = event.type !== 'message' || isStatement(event) || this.#state?.isSealed !== state.isSealed
    this.#state = state
    this.journal.append({ event }, ...(isChange ? [{ state }] : []))
  }

  #find(seq: number): Promise<LogEvent | null> {
    return this.journal.flush().then(() => this.journal.find(seq))
  }

  /** Reads from the hub what it left out. */
  async #readOn(hub: Connection): Promise<void> {
    const isAgain = this.#state === null
    while (this.#isBehind) {
      const before = this.lastSeq
      for (const event of await historyPage(hub, this.conversation, this.lastSeq)) {
        if (event.seq <= this.lastSeq) continue
        if (!this.#isBeginning(event) && event.seq > this.lastSeq + 1) this.#bridge(event, isAgain)
        this.#arrivals.add(event)
        await this.#advance(hub)
      }
      verify(
        this.lastSeq > before,
        'event_missing',
        `what follows event ${before} is neither shown nor said to be gone`,
      )
    }
  }

  /** A device that lost its journal hears of no gap again; otherwise what is missing was left out. */
  #bridge({ seq }: NumberedEvent, isAgain: boolean): void {
    const first = this.lastSeq + 1
    verify(isAgain, 'event_missing', `the events ${first} to ${seq - 1} are neither shown nor said to be gone`)
    const { conversation } = this.#state ?? {}
    if (conversation) this.#arrivals.add({ type: 'gap', conversation, seq: seq - 1, first, reason: 'retention' })
  }
}
