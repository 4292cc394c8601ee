import { type Pin, pinRoot } from './certificates.js'
import { VerificationError } from './verification-error.js'

export interface AuthoritiesOptions {
  readonly pin: Pin
  /** PEM of the CAs as the server names them now. */
  readonly fetch: () => Promise<string>
  /** Remembers them. */
  readonly store: (authoritiesPem: string) => Promise<void>
}

/** The pinned root, and the CAs under it, which change over the years. */
export class Authorities {
  readonly #options: AuthoritiesOptions
  #pin: Pin

  constructor(options: AuthoritiesOptions) {
    this.#options = options
    this.#pin = options.pin
  }

  get pin(): Pin {
    return this.#pin
  }

  /** Does what verifies certificates; when one does not, once more if the server has CAs that were not known. */
  async verified<T>(attempt: (pin: Pin) => T | Promise<T>): Promise<T> {
    try {
      return await attempt(this.#pin)
    } catch (error) {
      if (!isOfUnknownIssuer(error) || !(await this.#refresh())) throw error
      return attempt(this.#pin)
    }
  }

  async #refresh(): Promise<boolean> {
    const { rootPem, rootFingerprint, trustDomain, issuers, revoked, crls } = this.#pin
    const pinned = (pem: string) => pinRoot(rootPem, rootFingerprint, trustDomain, pem)
    const shown = await this.#options.fetch()
    const now = pinned(shown).revoked
    // What the root has revoked stays so, though the server shows an older CRL, or none.
    const authorities = [...revoked.keys()].every((serial) => now.has(serial)) ? shown : shown + crls.join('')
    const next = pinned(authorities)
    const known = new Set(issuers.map(({ fingerprint256 }) => fingerprint256))
    const isNew = next.issuers.some(({ fingerprint256 }) => !known.has(fingerprint256))
    if (!isNew && next.revoked.size === revoked.size) return false
    this.#pin = next
    await this.#options.store(authorities)
    return isNew
  }
}

function isOfUnknownIssuer(error: unknown): boolean {
  if (!(error instanceof VerificationError)) return false
  return error.code === 'certificate_invalid' || isOfUnknownIssuer(error.cause)
}
