import { type Pin, pinRoot } from './certificates.js'
import { nextUpdateOf, stillNeeded } from './root-crl.js'
import { VerificationError } from './verification-error.js'

export interface AuthoritiesOptions {
  readonly pin: Pin
  /** When the server was asked for it. */
  readonly askedAt: Date
  /** PEM of the CAs as the server names them now, and the CRL of the root. */
  readonly fetch: () => Promise<string>
  /** Remembers them, and that the server was asked now. */
  readonly store: (authoritiesPem: string) => Promise<void>
  /** What the root revoked since cannot be known: the server has no CRL of it that is newer than `nextUpdate`. */
  readonly outdated: (nextUpdate: Date) => void
  readonly now: () => Date
}

/** A CRL may come before the time that the one of before announced [RFC 5280 5.1.2.5]. */
const REFRESH_MS = 86_400_000
/** Where the server did not answer, or has none that is newer. */
const AGAIN_MS = 3_600_000

/** The pinned root, and the CAs under it, which change over the years. */
export class Authorities {
  readonly #options: AuthoritiesOptions
  #pin: Pin
  /** Milliseconds since 1970. */
  #askedAt: number
  #dueAt: number
  #refreshing: Promise<boolean> | null = null
  /** The time that was told as past. */
  #told: number | null = null

  constructor(options: AuthoritiesOptions) {
    this.#options = options
    this.#pin = options.pin
    this.#askedAt = options.askedAt.getTime()
    this.#dueAt = this.#dueAfter(this.#askedAt)
  }

  get pin(): Pin {
    return this.#pin
  }

  /**
   * Does what verifies certificates, once the root's CRL is as new as it can be had; when one does not verify, once
   * more if the server has CAs that were not known.
   */
  async verified<T>(attempt: (pin: Pin) => T | Promise<T>): Promise<T> {
    await this.#keepCurrent()
    try {
      return await attempt(this.#pin)
    } catch (error) {
      if (!isOfUnknownIssuer(error) || !(await this.#refresh())) throw error
      return attempt(this.#pin)
    }
  }

  /** Whoever cannot ask goes on with what he knows, and says so once that is too old. */
  async #keepCurrent(): Promise<void> {
    const now = this.#options.now().getTime()
    // A clock that was set back says nothing of how long ago it was.
    if (this.#askedAt <= now && now < this.#dueAt) return
    await this.#refresh().catch(() => {
      this.#askedAt = now
      this.#dueAt = now + AGAIN_MS
    })
    const nextUpdate = nextUpdateOf(this.#pin.crls)
    if (nextUpdate === null || now < nextUpdate.getTime() || this.#told === nextUpdate.getTime()) return
    this.#told = nextUpdate.getTime()
    this.#options.outdated(nextUpdate)
  }

  /** Answers whether there are CAs that were not known. */
  #refresh(): Promise<boolean> {
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #ask(): Promise<boolean> {
    const { rootPem, rootFingerprint, trustDomain, issuers, crls } = this.#pin
    const pinned = (pem: string) => pinRoot(rootPem, rootFingerprint, trustDomain, pem)
    const shown = await this.#options.fetch()
    const kept = stillNeeded(crls, pinned(shown).crls)
    const authorities = shown + kept.map(({ pem }) => pem).join('')
    const next = pinned(authorities)
    await this.#options.store(authorities)
    this.#pin = next
    this.#askedAt = this.#options.now().getTime()
    this.#dueAt = this.#dueAfter(this.#askedAt)
    const known = new Set(issuers.map(({ fingerprint256 }) => fingerprint256))
    return next.issuers.some(({ fingerprint256 }) => !known.has(fingerprint256))
  }

  /** [RFC 5280 5.1.2.5] at the latest when the next one is to be there. */
  #dueAfter(askedAt: number): number {
    const nextUpdate = nextUpdateOf(this.#pin.crls)?.getTime() ?? Number.POSITIVE_INFINITY
    return nextUpdate > askedAt ? Math.min(askedAt + REFRESH_MS, nextUpdate) : askedAt + AGAIN_MS
  }
}

function isOfUnknownIssuer(error: unknown): boolean {
  if (!(error instanceof VerificationError)) return false
  return error.code === 'certificate_invalid' || isOfUnknownIssuer(error.cause)
}
