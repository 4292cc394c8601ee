import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { Party } from '../wire/events.js'
import { CertificatePem, Fingerprint, Timestamp, Username } from '../wire/formats.js'
import { ClientError } from './client-error.js'

/**
 * How somebody came to another certificate. `same_key`: the certificate is of the key that was remembered, so
 * nobody else can use it. `renewed`: the server says that it was renewed by the old one, and the key is new.
 * `recovered`: the server says that it was got by password alone. `unexplained`: nothing says how.
 */
export const CHANGES = ['same_key', 'renewed', 'recovered', 'unexplained'] as const
export type ChangeKind = (typeof CHANGES)[number]

const Remembered = z.object({
  fingerprint: Fingerprint,
  certificate: CertificatePem,
  /** When this side saw it first. */
  since: Timestamp,
  /** Whether a person said that he compared the fingerprint out of band. */
  compared: z.boolean(),
  /** It took the place of one of another key, by the server's word alone. */
  replaced: z.literal(true).optional(),
  /** Seen since, and not accepted by a person. */
  offered: z.object({ fingerprint: Fingerprint, certificate: CertificatePem, how: z.enum(CHANGES) }).optional(),
})
type Remembered = z.infer<typeof Remembered>

export const ContactsFile = z.record(Username, Remembered)
export type ContactsFile = z.infer<typeof ContactsFile>

/** Somebody whose certificate this side remembers. */
export interface Contact {
  readonly username: string
  /** Of the certificate remembered. */
  readonly fingerprint: string
  /** PEM. */
  readonly certificate: string
  /** RFC 3339: when this side saw it first. */
  readonly since: string
  /** Whether `trust` was called for it. */
  readonly compared: boolean
  /** It took the place of one of another key, by the server's word alone: nothing is sealed for it before `trust`. */
  readonly replaced?: true | undefined
}

/** Somebody shows another certificate than the one remembered. */
export interface FingerprintChange {
  readonly username: string
  readonly previous: string
  readonly current: string
  readonly how: ChangeKind
  /** Whether the one before had been compared out of band. */
  readonly wasCompared: boolean
}

/** What must be compared by people before this side goes on; `HermesClient.trust` accepts it. */
export class FingerprintChangedError extends ClientError {
  override readonly name = 'FingerprintChangedError'
  readonly change: FingerprintChange

  constructor(change: FingerprintChange) {
    const { username, previous, current, how } = change
    super(
      'fingerprint_changed',
      `${username} has the certificate ${current} (${how}), not ${previous}: compare it with him, then trust it`,
    )
    this.change = change
  }
}

/** A certificate that verifies, as somebody showed it. */
export interface Shown {
  readonly username: string
  readonly fingerprint: string
  readonly certificate: string
}

/** What this side remembers of others: trust on first use, and never a change in silence. */
export class Contacts {
  readonly #known: Map<string, Remembered>
  readonly #write: (contacts: ContactsFile) => Promise<void>

  constructor(contacts: ContactsFile, write: (contacts: ContactsFile) => Promise<void>) {
    this.#known = new Map(Object.entries(contacts))
    this.#write = write
  }

  list(): readonly Contact[] {
    return [...this.#known].map(([username, contact]) => contactOf(username, contact))
  }

  find(username: string): Contact | undefined {
    const contact = this.#known.get(username)
    return contact && contactOf(username, contact)
  }

  /**
   * Takes note of a verified certificate; answers how it differs from the one remembered, if it does. One of the
   * same key, or one that the log of a conversation says was renewed, is remembered from then on; any other waits
   * for a person, and what it was renewed to (`previous` is its fingerprint) waits with it. The change is answered
   * once for each certificate, and once more when it was unexplained till then.
   */
  async see(shown: Shown, how: ChangeKind, now: Date, previous?: string): Promise<FingerprintChange | null> {
    const { username, ...certificate } = shown
    const known = this.#known.get(username)
    if (known?.fingerprint === shown.fingerprint) return null
    if (!known) {
      await this.#remember(username, { ...certificate, since: now.toISOString(), compared: false })
      return null
    }
    const { offered } = known
    if (offered?.fingerprint === shown.fingerprint && !explains(vouched(known, how, previous), offered.how)) return null
    const isSameKey = hasSameKey(known.certificate, shown.certificate)
    // A log is read from its beginning, where people act under certificates that they have renewed since.
    if (isSameKey && isOlder(shown.certificate, known.certificate)) return null
    const kind = isSameKey ? 'same_key' : vouched(known, how, previous)
    const change = changeOf(username, known, shown.fingerprint, kind)
    await this.#remember(username, after(known, certificate, kind, now))
    return change
  }

  /** Throws FingerprintChangedError when the certificate is of another key than the one remembered. */
  expect(shown: Shown): void {
    const change = this.changeTo(shown)
    if (change) throw new FingerprintChangedError(change)
  }

  /** How one of another key differs from the one remembered. */
  changeTo({ username, fingerprint, certificate }: Shown): FingerprintChange | null {
    const known = this.#known.get(username)
    if (!known || hasSameKey(known.certificate, certificate)) return null
    return changeOf(username, known, fingerprint, known.offered?.how ?? 'unexplained')
  }

  /** Of those named those that are under another certificate than the one remembered, while one waits for a person. */
  pending(parties: readonly Party[]): readonly FingerprintChange[] {
    return parties.flatMap(({ username, fingerprint }) => {
      const known = this.#known.get(username)
      if (!known?.offered || known.fingerprint === fingerprint) return []
      return [changeOf(username, known, fingerprint, known.offered.how)]
    })
  }

  /** A person compared the fingerprint out of band: it counts from now on. */
  async trust(shown: Shown, now: Date): Promise<Contact> {
    const { username, ...certificate } = shown
    const known = this.#known.get(username)
    const since = known?.fingerprint === shown.fingerprint ? known.since : now.toISOString()
    const trusted = { ...certificate, since, compared: true }
    await this.#remember(username, trusted)
    return contactOf(username, trusted)
  }

  async #remember(username: string, contact: Remembered): Promise<void> {
    this.#known.set(username, contact)
    await this.#write(Object.fromEntries(this.#known))
  }
}

function contactOf(username: string, { offered, ...contact }: Remembered): Contact {
  return { username, ...contact }
}

function changeOf(username: string, known: Remembered, current: string, how: ChangeKind): FingerprintChange {
  return { username, previous: known.fingerprint, current, how, wasCompared: known.compared }
}

/** Only the certificate remembered vouches for another: one that waits for a person brings in none. */
function vouched({ fingerprint, offered }: Remembered, how: ChangeKind, previous: string | undefined): ChangeKind {
  return how === 'renewed' && previous !== fingerprint ? (offered?.how ?? 'unexplained') : how
}

/** A new key is not the one that people compared, even where the server says that the old one vouches for it. */
function after(known: Remembered, shown: Omit<Shown, 'username'>, how: ChangeKind, now: Date): Remembered {
  const { compared, replaced } = known
  if (how === 'same_key') return { ...shown, since: now.toISOString(), compared, ...(replaced && { replaced }) }
  if (how === 'renewed') return { ...shown, since: now.toISOString(), compared: false, replaced: true }
  return { ...known, offered: { ...shown, how } }
}

function explains(how: ChangeKind, before: ChangeKind): boolean {
  return before === 'unexplained' && how !== 'unexplained'
}

function isOlder(one: string, other: string): boolean {
  return Date.parse(new X509Certificate(one).validFrom) < Date.parse(new X509Certificate(other).validFrom)
}

function hasSameKey(one: string, other: string): boolean {
  return new X509Certificate(one).publicKey.equals(new X509Certificate(other).publicKey)
}
