import { setImmediate } from 'node:timers/promises'
import { encodeCrlEntry } from '../../pki/crl-entry.js'
import type { IssuerName, RevocationStore, RevokedCertificate, RevokedPosition } from '../../store/revocation-store.js'

/** Read, and encoded where they are new, before others have their turn: some milliseconds at most. */
const PIECE = 50

interface Kept {
  readonly key: string
  readonly der: Uint8Array
}

/** The encoded entries of one issuer's CRLs, kept from one CRL to the next. */
export class CrlEntries {
  readonly #store: RevocationStore
  readonly #issuer: IssuerName
  #kept: ReadonlyMap<string, Kept> = new Map()

  constructor(store: RevocationStore, issuer: IssuerName) {
    this.#store = store
    this.#issuer = issuer
  }

  /** The entries as of `at`, but for certificates that had expired by `unexpiredAt`; in pieces. */
  async read(at: Date, unexpiredAt: Date): Promise<readonly Uint8Array[]> {
    const entries = new Map<string, Kept>()
    let after: RevokedPosition | null = null
    do {
      const page = { at, unexpiredAt, after, limit: PIECE }
      const { revoked, next } = await this.#store.listRevoked(this.#issuer, page)
      for (const certificate of revoked) entries.set(certificate.serialNumber, this.#entryOf(certificate))
      after = next
      await setImmediate()
    } while (after !== null)
    this.#kept = entries
    return [...entries.values()].map(({ der }) => der)
  }

  #entryOf(certificate: RevokedCertificate): Kept {
    const { serialNumber, revokedAt, reason } = certificate
    const key = `${revokedAt.getTime()} ${reason}`
    const kept = this.#kept.get(serialNumber)
    return kept?.key === key ? kept : { key, der: encodeCrlEntry(certificate) }
  }
}
