import { setTimeout } from 'node:timers/promises'
import { HermesError } from '../../errors.js'
import type { Authority } from '../../pki/authority.js'
import { issueCrl } from '../../pki/issue-crl.js'
import type { IssuerName, RevocationStore } from '../../store/revocation-store.js'
import { CrlEntries } from './crl-entries.js'

const HOUR_MS = 3_600_000
/** Between the beginnings of two CRLs of one issuer. */
const PACE_MS = 1000
/** A client's clock may be behind: a CRL of the future is refused. */
const BACKDATE_MS = 60_000
/** Tries against another process that makes CRLs of the same issuer. */
const TRIES = 5

/** A CRL as it is given out. */
export interface Crl {
  readonly der: Buffer
  readonly number: number
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

export interface CrlIssuerOptions {
  readonly issuer: IssuerName
  readonly authority: Authority
  readonly store: RevocationStore
  /** From making a CRL to its nextUpdate. */
  readonly hours: number
  readonly now: () => Date
  /** By default a second; for tests. */
  readonly paceMs?: number
}

interface Made extends Crl {
  readonly state: string
  /** When it is made anew although nothing changed. */
  readonly until: number
}

/** Makes the CRLs of one issuing CA: when one is asked for and the last is no longer right, at most once a second. */
export class CrlIssuer {
  readonly #options: CrlIssuerOptions
  readonly #entries: CrlEntries
  #made: Made | null = null
  #making: Promise<Made> | null = null
  #beganAt = Number.NEGATIVE_INFINITY

  constructor(options: CrlIssuerOptions) {
    this.#options = options
    this.#entries = new CrlEntries(options.store, options.issuer)
  }

  /** A CRL with everything that was revoked before the call. */
  async current(): Promise<Crl> {
    if (this.#made !== null && (await this.#isRight(this.#made))) return this.#made
    // The one under way may have been begun too early for this call; the one behind it is not.
    const next = await this.#next()
    return (await this.#isRight(next)) ? next : this.#next()
  }

  async #isRight({ state, until, thisUpdate }: Made): Promise<boolean> {
    const at = this.#options.now()
    if (at.getTime() >= until || at < thisUpdate) return false
    return (await this.#options.store.revocationState(this.#options.issuer, at)) === state
  }

  #next(): Promise<Made> {
    this.#making ??= this.#paced().finally(() => {
      this.#making = null
    })
    return this.#making
  }

  async #paced(): Promise<Made> {
    const { paceMs = PACE_MS } = this.#options
    const wait = this.#beganAt + paceMs - performance.now()
    if (wait > 0) await setTimeout(wait)
    this.#beganAt = performance.now()
    this.#made = await this.#make(TRIES)
    return this.#made
  }

  async #make(tries: number): Promise<Made> {
    const { issuer, authority, store, now, hours } = this.#options
    const at = now()
    const state = await store.revocationState(issuer, at)
    const last = await store.lastCrl(issuer)
    // An entry leaves once it stood in a CRL that was made after its certificate's end [RFC 5280 3.3].
    const unexpiredAt = Math.min(last?.issuedAt.getTime() ?? 0, at.getTime())
    const entries = await this.#entries.read(at, new Date(unexpiredAt))
    const number = Math.max(Math.floor(at.getTime() / 1000), (last?.number ?? 0) + 1)
    const thisUpdate = new Date(at.getTime() - BACKDATE_MS)
    const nextUpdate = new Date(at.getTime() + hours * HOUR_MS)
    const der = await issueCrl(authority, { number, thisUpdate, nextUpdate, entries })
    if (await store.recordCrl(issuer, { number, issuedAt: at }))
      return { der, number, thisUpdate, nextUpdate, state, until: at.getTime() + (hours * HOUR_MS) / 2 }
    if (tries > 1) return this.#make(tries - 1)
    throw new HermesError('unavailable', 'Another process makes CRLs of the same authority too fast')
  }
}
