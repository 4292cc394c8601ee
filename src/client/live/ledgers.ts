import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ClientError } from '../client-error.js'
import type { Home } from '../home.js'
import type { Connection } from '../hub-client.js'
import type { NumberedEvent } from '../log/apply.js'
import { privateFolder, removeDrafts } from '../state/files.js'
import { verify } from '../verification-error.js'
import { Journal } from './journal.js'
import { Ledger } from './ledger.js'
import type { LogEvent } from './log-event.js'
import type { CheckJoined } from './verifier.js'

/** What was taken of a conversation, and is on disk. */
export type Saw = (ledger: Ledger, events: readonly NumberedEvent[]) => void

export interface LedgersOptions {
  readonly home: Home
  readonly checkJoined: CheckJoined
  readonly saw: Saw
}

/** Of one device. */
export const LEDGERS_MAX = {
  /** Conversations of which events came, and none could be taken: an honest hub shows none, but for a moment. */
  unbegun: 256,
  /** All others, over the years. */
  begun: 65_536,
}

const NAME = /^([0-9a-f-]{36})\.jsonl$/

/** All conversations of this device, each with its file in the folder `conversations`. */
export class Ledgers {
  readonly #options: LedgersOptions
  readonly #folder: string
  readonly #all = new Map<string, Ledger>()

  readonly #limits: typeof LEDGERS_MAX

  constructor(options: LedgersOptions, limits = LEDGERS_MAX) {
    this.#options = options
    this.#limits = limits
    this.#folder = join(options.home.state.path, 'conversations')
  }

  /** Reads what is on disk. */
  async recall(): Promise<void> {
    await privateFolder(this.#folder)
    await removeDrafts(this.#folder)
    for (const name of await readdir(this.#folder)) {
      const id = NAME.exec(name)?.[1]
      if (id !== undefined) await this.#recall(id)
    }
  }

  /** Those of which something was taken. */
  get known(): readonly Ledger[] {
    return [...this.#all.values()].filter(({ state }) => state !== null)
  }

  find(conversation: string): Ledger | undefined {
    const ledger = this.#all.get(conversation)
    return ledger?.state ? ledger : undefined
  }

  /** What an earlier connection left over comes again. */
  forgetAhead(): void {
    for (const ledger of this.#all.values()) ledger.forgetAhead()
  }

  /** Takes what the hub pushed, in order; resolves when all of it is on disk and acknowledged. */
  async take(events: readonly LogEvent[], hub: Connection): Promise<void> {
    const touched = new Set<Ledger>()
    for (const event of events) {
      const ledger = this.ledgerOf(event.conversation)
      touched.add(ledger)
      await ledger.take(event, hub)
    }
    for (const ledger of touched) if (ledger.hasHole) await ledger.fill(hub)
    await Promise.all([...touched].map((ledger) => this.settle(ledger, hub)))
  }

  /** Puts on disk what a ledger has taken, then acknowledges it. */
  async settle(ledger: Ledger, hub: Connection | null): Promise<void> {
    const { lastSeq } = ledger
    const events = await ledger.flush()
    if (lastSeq > 0) hub?.acknowledgeUpTo(ledger.conversation, lastSeq)
    this.#options.saw(ledger, events)
  }

  /**
   * Also one of which nothing was taken yet. Throws VerificationError `answer_invalid` or ClientError `directory_full`.
   */
  ledgerOf(conversation: string): Ledger {
    const known = this.#all.get(conversation)
    if (known) return known
    this.#checkRoom()
    const { home, checkJoined } = this.#options
    const journal = new Journal(join(this.#folder, `${conversation}.jsonl`))
    const ledger = new Ledger(conversation, journal, home, checkJoined, null)
    this.#all.set(conversation, ledger)
    return ledger
  }

  #checkRoom(): void {
    const { unbegun, begun } = this.#limits
    const count = this.known.length
    verify(
      this.#all.size - count < unbegun,
      'answer_invalid',
      `the hub shows events of ${unbegun} conversations that begin nowhere`,
    )
    if (count < begun) return
    const remedy = 'log in with another directory, which gets those that the hub still has'
    throw new ClientError('directory_full', `this device has ${begun} conversations, and takes no more: ${remedy}`)
  }

  async #recall(conversation: string): Promise<void> {
    const { home, checkJoined } = this.#options
    const journal = new Journal(join(this.#folder, `${conversation}.jsonl`))
    const recalled = await journal.recall()
    this.#all.set(conversation, new Ledger(conversation, journal, home, checkJoined, recalled))
  }
}
