import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { fingerprintOf } from '../../pki/fingerprint.js'
import type { Shown } from '../contacts.js'
import { type Home, selfOf } from '../home.js'
import type { LogState } from '../log/state.js'
import { seePerson } from '../people.js'
import { sealingKeysOf } from '../renewal.js'
import { openMessage, SEALED_TYPE } from '../sealing/sealed-message.js'
import type { SealingKey } from '../sealing/sealing-key.js'
import { isStatedBy } from '../sealing/statement.js'
import type { Message } from './arrivals.js'
import { isDoubted } from './doubted.js'
import type { Journal } from './journal.js'
import type { LogEvent } from './log-event.js'

/**
 * `none`: as the hub relayed it, which could read it and alter it. `sealed`: its sender signed it, and nobody but the
 * members of then could read it. `other_key`: the same, under another key than the one remembered of its sender, or one
 * that is his by the hub's word alone until it is compared.
 * `repeated`: what he said once stands in an earlier place already; the hub shows it again.
 * `unreadable`: it was sealed for others, or its sender did not say it here; `payload` is empty.
 */
export type Seal = 'none' | 'sealed' | 'other_key' | 'repeated' | 'unreadable'

/** A message as its sender said it. */
export type ReadMessage = Message & { readonly seal: Seal }

/** An event as a reader gets it. */
export type ReadEvent = Exclude<LogEvent, { readonly type: 'message' }> | ReadMessage

interface Log {
  readonly state: LogState | null
  readonly journal: Pick<Journal, 'isRepeated'>
}

/** Opens what members sealed for this user. */
export class Opener {
  readonly #home: Home
  /** Of each private key that this device has had since it was opened. */
  readonly #known = new WeakMap<KeyObject, Promise<readonly SealingKey[]>>()

  constructor(home: Home) {
    this.#home = home
  }

  /** An event of a conversation, of which the state and the journal are given. */
  async open(event: LogEvent, { state, journal }: Log): Promise<ReadEvent> {
    if (event.type !== 'message') return event
    if (event.contentType !== SEALED_TYPE) return { ...event, seal: 'none' }
    const { contentType: _, payload: sealed, ...message } = event
    const opened = await openMessage(await this.#keys(), this.#home.authorities.pin, event, event, sealed)
    if ('why' in opened) return { ...message, payload: '', seal: 'unreadable' }
    const { certificate } = opened
    const fingerprint = fingerprintOf(new X509Certificate(certificate).raw)
    const from = { ...event.from, fingerprint }
    const shown = { username: from.username, fingerprint, certificate }
    const isKnown = await this.#isKnown(shown, state)
    const seal = journal.isRepeated(event) ? 'repeated' : 'sealed'
    return { ...message, from, ...opened.content, seal: isKnown ? seal : 'other_key' }
  }

  #keys(): Promise<readonly SealingKey[]> {
    const { key } = selfOf(this.#home)
    const keys = this.#known.get(key) ?? sealingKeysOf(this.#home)
    this.#known.set(key, keys)
    return keys
  }

  /** Whether it is of the key remembered; where none is, that of the certificate by which he is a member. */
  async #isKnown({ username, fingerprint, certificate }: Shown, state: LogState | null): Promise<boolean> {
    const { username: self, key } = selfOf(this.#home)
    if (username === self) return createPublicKey(key).equals(new X509Certificate(certificate).publicKey)
    if (state && (await this.#isDoubted(username, certificate, state))) return false
    if (this.#home.contacts.find(username))
      return this.#home.contacts.changeTo({ username, fingerprint, certificate }) === null
    const isVouchedFor = state?.sealing[username] !== undefined
    if (!isVouchedFor && (state?.members[username] ?? state?.former[username]) !== fingerprint) return false
    await seePerson(this.#home, { username, fingerprint, certificate }, 'unexplained')
    return true
  }

  /** Whether it is under a key that he would not be sealed for. */
  async #isDoubted(username: string, certificate: string, state: LogState): Promise<boolean> {
    const { contacts, authorities } = this.#home
    const said = state.sealing[username]
    if (isDoubted(contacts, username, state)) return true
    if (!said || contacts.find(username)?.compared) return false
    return !(await isStatedBy(new X509Certificate(certificate).publicKey, authorities.pin, said))
  }
}
