import { verifyUserCertificate } from './certificates.js'
import { ClientError } from './client-error.js'
import type { ChangeKind, Contact, Shown } from './contacts.js'
import { checkFingerprint } from './fingerprint.js'
import type { Home } from './home.js'
import type { Seen } from './log/apply.js'
import { verify } from './verification-error.js'

/** Others, and the certificates of theirs that this device remembers. */
export class People {
  readonly #home: Home

  /** @internal */
  constructor(home: Home) {
    this.#home = home
  }

  /**
   * Everybody whose certificate this device remembers.
   *
   * @example
   * for (const { username, fingerprint, compared } of client.people.list())
   *   console.log(username, fingerprint, compared ? 'compared' : 'not compared yet')
   */
  list(): readonly Contact[] {
    return this.#home.contacts.list()
  }

  /**
   * Asks the server for the certificate of `username`, verifies it up to the pinned root, and remembers it.
   *
   * Rejects with Refusal `user_not_found`; with ClientError `user_unusable` when the certificate has expired or was
   * revoked; with FingerprintChangedError when it is another than the one remembered and of another key; with
   * VerificationError when it does not verify.
   *
   * @example
   * const { fingerprint } = await client.people.fetch('bob')
   * console.log(`bob should read to you on the telephone: ${fingerprint}`)
   */
  async fetch(username: string): Promise<Contact> {
    const shown = await this.#current(username)
    await seePerson(this.#home, shown, 'unexplained')
    this.#home.contacts.expect(shown)
    return { since: '', compared: false, ...this.#home.contacts.find(username), ...shown }
  }

  /**
   * Says that a person compared the fingerprint with `username` out of band. From then on it is the one expected,
   * also where it was another before.
   *
   * Rejects as `fetch` does, with ClientError `fingerprint_unfit` when it is mistyped, and with VerificationError
   * `certificate_swapped` when the server shows another one.
   *
   * @example
   * const { fingerprint } = await client.people.fetch('bob')
   * await client.people.trust('bob', fingerprint) // after bob said the same
   */
  async trust(username: string, fingerprint: string): Promise<Contact> {
    checkFingerprint(fingerprint)
    const shown = await this.#current(username)
    verify(
      shown.fingerprint === fingerprint,
      'certificate_swapped',
      `the server shows ${shown.fingerprint} for ${username}, not ${fingerprint}`,
    )
    return this.#home.contacts.trust(shown, this.#home.now())
  }

  async #current(username: string): Promise<Shown> {
    const { identities, authorities, now } = this.#home
    const { certificate, status, fingerprint } = await identities.fetch(username)
    if (status !== 'valid')
      throw new ClientError('user_unusable', `the certificate of ${username} is ${status}: ask him to get another`)
    const verified = await authorities.verified((pin) => verifyUserCertificate(certificate, username, pin, now()))
    verify(
      verified.fingerprint === fingerprint,
      'certificate_swapped',
      `the certificate of ${username} has the fingerprint ${verified.fingerprint}, not ${fingerprint}`,
    )
    return { username, certificate, fingerprint }
  }
}

/** Remembers a verified certificate, and says so when it is another than before. */
export async function seePerson(home: Home, shown: Shown, how: ChangeKind, previous?: string): Promise<void> {
  const change = await home.contacts.see(shown, how, home.now(), previous)
  if (change) home.notices.tell({ type: 'fingerprint_changed', change })
}

/** The same for others that an event of a conversation showed. */
export async function seePeople(home: Home, seen: readonly Seen[]): Promise<void> {
  for (const { how, previous, ...shown } of seen)
    if (shown.username !== home.credentials?.username) await seePerson(home, shown, how, previous)
}
