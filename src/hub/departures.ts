import { HermesError } from '../errors.js'
import type { EventLog } from '../store/event-log.js'
import type { IdentityStore } from '../store/identity-store.js'
import type { IdentityRecord } from '../store/records.js'
import type { ConversationId } from '../wire/formats.js'
import type { Remove } from './conversation/commands.js'
import { decide } from './conversation/decide.js'
import type { Conversations } from './conversations.js'

/** Conversations that are looked for at once. */
const PAGE = 100

type Identities = Pick<IdentityStore, 'findIdentityById' | 'findDeparting' | 'finishDeparture'>

/**
 * Ends the stays of users whose account was recovered or deleted, and cancels the invitations to them. That it must
 * be done was stored with the recovery, so that it is done after a crash too; until then the guard lets nobody in.
 */
export class Departures {
  readonly #identities: Identities
  readonly #log: EventLog
  readonly #conversations: Conversations
  readonly #now: () => Date
  readonly #underWay = new Map<number, Promise<void>>()

  constructor(identities: Identities, log: EventLog, conversations: Conversations, now: () => Date) {
    this.#identities = identities
    this.#log = log
    this.#conversations = conversations
    this.#now = now
  }

  /** Resolves when a user has no stay any more that he should not have. */
  async settle(userId: number): Promise<void> {
    const before = this.#underWay.get(userId)
    const settling = (before ?? Promise.resolve()).catch(() => undefined).then(() => this.#settle(userId))
    this.#underWay.set(userId, settling)
    try {
      await settling
    } finally {
      if (this.#underWay.get(userId) === settling) this.#underWay.delete(userId)
    }
  }

  /** Goes on with what was left undone. */
  async sweep(): Promise<void> {
    for (const { userId } of await this.#identities.findDeparting(PAGE))
      if (!this.#underWay.has(userId)) await this.settle(userId)
  }

  async #settle(userId: number): Promise<void> {
    const record = await this.#identities.findIdentityById(userId)
    const departure = record?.user.departure
    if (!record || !departure) return
    // What he has begun since under the certificate of the recovery is his.
    const spare = departure === 'recovered' ? record.certificate.fingerprint : null
    const ended = new Set<string>()
    for (let places = await this.#places(userId, spare); places.length > 0; ) {
      const again = places.find((uuid) => ended.has(uuid))
      if (again) throw new HermesError('unavailable', `conversation ${again} changes: try again`)
      await Promise.all(places.map((uuid) => this.#end(uuid, record, { reason: departure, spare })))
      for (const uuid of places) ended.add(uuid)
      places = await this.#places(userId, spare)
    }
    await this.#identities.finishDeparture({ userId, departure })
  }

  #places(userId: number, spare: string | null): Promise<readonly string[]> {
    return this.#log.findPlaces(userId, spare, PAGE)
  }

  async #end(uuid: string, { user }: IdentityRecord, why: Pick<Remove, 'reason' | 'spare'>): Promise<void> {
    const queue = await this.#conversations.open(uuid as ConversationId)
    if (!queue) throw new HermesError('internal', `conversation ${uuid} is gone`)
    const { username } = user
    const command = { type: 'remove', at: this.#now().getTime(), username, ...why } as const
    await new Promise<void>((resolve, reject) => {
      queue.submit({
        origin: null,
        decide: (state) => decide(state, command),
        done: (outcome) => ('failure' in outcome ? reject(outcome.failure) : resolve()),
      })
    })
  }
}
