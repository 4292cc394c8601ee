import type { KeyObject } from 'node:crypto'
import type { Credentials } from '../../src/client/credentials.js'
import type { SentInvitation } from '../../src/client/inviter.js'
import type { ParamsOf } from '../../src/client/methods.js'
import type { ConversationEvent } from '../../src/wire/events.js'
import type { Random } from '../random.js'
import type { Device } from './device.js'
import type { Message } from './messages.js'
import type { World } from './world.js'

/** A conversation as its member knows it. */
interface Room {
  isMember: boolean
  /** Of the last event that changed who is a member. */
  seq: number
  readonly others: Set<string>
}

/** What he remembers of an invitation, and under which certificate he made it. */
export interface OwnInvitation extends SentInvitation {
  readonly self: Credentials
}

/** Something to do about an invitation, until it was done or is past. */
export type Errand = { tries: number } & (
  | {
      readonly what: 'respond'
      readonly event: Extract<ConversationEvent, { type: 'invited' }>
      acceptance?: ParamsOf<'accept'>
    }
  | {
      readonly what: 'confirm'
      readonly event: Extract<ConversationEvent, { type: 'accepted' }>
      confirmation?: ParamsOf<'confirm'>
    }
)

/** A user: what all of his devices know. */
export class Person {
  readonly world: World
  readonly username: string
  readonly password: string
  readonly random: Random
  readonly devices: Device[] = []
  /** Null before he registered, and between a revocation and what follows it. */
  credentials: Credentials | null = null
  /** All that he ever had, by fingerprint. */
  readonly owned = new Map<string, Credentials>()
  /** A renewal whose answer is awaited: the same request again gets it. */
  renewing: { readonly key: KeyObject; readonly csr: string } | null = null
  isRevoking = false
  /** His certificate is revoked, or may be. */
  needsRecovery = false
  /** Deleted. */
  isGone = false
  readonly rooms = new Map<string, Room>()
  /** Invitations that he made. */
  readonly sent = new Map<string, OwnInvitation>()
  readonly errands = new Map<string, Errand>()
  /** Messages of which he does not know whether they are stored. */
  readonly unanswered: Message[] = []
  /** The last few that are. */
  readonly answered: Message[] = []

  constructor(world: World, username: string, random: Random) {
    this.world = world
    this.username = username
    this.password = `the password of ${username}`
    this.random = random
  }

  get memberships(): readonly string[] {
    return [...this.rooms].filter(([, { isMember }]) => isMember).map(([conversation]) => conversation)
  }

  take(credentials: Credentials): void {
    this.credentials = credentials
    this.owned.set(credentials.fingerprint, credentials)
  }

  /** What an event that any of his devices got tells him; devices that are behind tell him old things. */
  see(event: ConversationEvent): void {
    if (event.type === 'invited' && event.seq === undefined)
      this.errands.set(event.invitation, { what: 'respond', event, tries: 0 })
    if (event.type === 'accepted' && this.sent.has(event.invitation))
      this.errands.set(event.invitation, { what: 'confirm', event, tries: 0 })
    if (event.type === 'joined' || event.type === 'declined' || event.type === 'cancelled' || event.type === 'expired')
      this.errands.delete(event.invitation)
    if (event.type === 'started') this.#change(event.conversation, event.seq, event.from.username, true)
    if (event.type === 'joined') this.#change(event.conversation, event.seq, event.member.username, true)
    if (event.type === 'left') this.#change(event.conversation, event.seq, event.from.username, false)
  }

  #change(conversation: string, seq: number, username: string, isMember: boolean): void {
    const room = this.rooms.get(conversation) ?? { isMember: false, seq: 0, others: new Set<string>() }
    this.rooms.set(conversation, room)
    if (seq <= room.seq) return
    room.seq = seq
    if (username === this.username) room.isMember = isMember
    else if (isMember) room.others.add(username)
    else room.others.delete(username)
  }
}
