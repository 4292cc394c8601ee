import { Account } from './account.js'
import { type Home, selfOf } from './home.js'
import type { Conversation } from './live/conversation.js'
import type { ConnectOptions } from './live/hub-link.js'
import type { Invitation } from './live/invitation.js'
import type { LinkState } from './live/link.js'
import { Live } from './live/live.js'
import type { Notice } from './notices.js'
import { type JoinOptions, joinHome, type OpenOptions, openHome } from './open-home.js'
import { People } from './people.js'
import { login, type RecoverOptions, type RegisterOptions, recover, register, type SignOn } from './sign-on.js'

/** One device of one user: his key and certificate, and what he remembers, in a directory. */
export class HermesClient {
  /** The certificates of others. */
  readonly people: People
  /** The upkeep of one's own account. */
  readonly account: Account
  /** What a person should hear of, for one reader; ends with `close`. */
  readonly notices: AsyncIterableIterator<Notice, undefined>
  readonly #home: Home
  readonly #live: Live

  private constructor(home: Home, people: People, live: Live) {
    this.#home = home
    this.#live = live
    this.people = people
    this.account = new Account(home)
    this.notices = home.notices.inbox
  }

  /**
   * Begins in a new directory: gets the root certificate, checks that it has the fingerprint that somebody who runs
   * the server told, and from then on talks to nobody that this root did not certify.
   *
   * Rejects with VerificationError `root_mismatch` or `server_untrusted`; with ClientError `fingerprint_unfit`,
   * `already_joined`, `directory_in_use`, `directory_unfit`, `directory_unsafe` or `unreachable`.
   *
   * @example
   * const client = await HermesClient.join({ directory, url, rootFingerprint })
   */
  static async join(options: JoinOptions): Promise<HermesClient> {
    return HermesClient.#of(await joinHome(options))
  }

  /**
   * Goes on in the directory of an earlier `join`. Asks nothing of the network.
   *
   * Rejects with ClientError `not_joined`, `directory_in_use`, `directory_unfit`, `directory_unsafe`,
   * `directory_damaged` or `key_locked`.
   *
   * @example
   * const client = await HermesClient.open({ directory })
   */
  static async open(options: OpenOptions): Promise<HermesClient> {
    return HermesClient.#of(await openHome(options))
  }

  static async #of(home: Home): Promise<HermesClient> {
    try {
      const people = new People(home)
      const live = new Live(home, people)
      await live.recall()
      return new HermesClient(home, people, live)
    } catch (error) {
      await home.state.close()
      throw error
    }
  }

  /** Name of this device. */
  get device(): string {
    return this.#home.profile.device
  }

  /** Whoever registered or logged in here; null before that. */
  get username(): string | null {
    return this.#home.credentials?.username ?? null
  }

  /**
   * Of one's own certificate: what others compare.
   *
   * Throws ClientError `not_registered`.
   *
   * @example
   * console.log(`I am ${client.username}, ${client.fingerprint}`)
   */
  get fingerprint(): string {
    return selfOf(this.#home).fingerprint
  }

  /** `idle` before `connect`; `waiting`: it connects again by itself; `ended`: a person must act. */
  get link(): LinkState | 'idle' {
    return this.#live.link.state
  }

  /** Of the root that was pinned. */
  get rootFingerprint(): string {
    return this.#home.profile.rootFingerprint
  }

  /**
   * Registers a new user: makes a key, gets a certificate for it, and leaves the key with the server for the next
   * device, locked with `keyPassword`, which never leaves this one. Calling it again after a failure goes on with
   * the same key.
   *
   * Rejects with Refusal, such as `username_taken`; with ClientError `passwords_equal`, `password_unfit` or
   * `already_registered`.
   *
   * @example
   * await client.register({ username, password: 'a long server password', keyPassword: 'a second password' })
   */
  register(options: RegisterOptions): Promise<void> {
    return register(this.#home, options)
  }

  /**
   * An existing user on this new device: gets certificate and locked key, and opens the key here.
   *
   * Rejects with Refusal `invalid_credentials`, `no_private_key` or `account_locked`; with ClientError `key_locked`
   * when `keyPassword` is wrong, or `already_registered`.
   *
   * @example
   * await client.login({ username, password: 'a long server password', keyPassword: 'a second password' })
   */
  login(options: SignOn): Promise<void> {
    return login(this.#home, options)
  }

  /**
   * A new key and certificate by password alone, when the old key is lost or in other hands. It ends every
   * membership: others must invite this user anew, and will be told that his fingerprint changed.
   *
   * Rejects as `register` and `login` do.
   *
   * @example
   * await client.recover({ username, password: 'a long server password', keyPassword: 'a second password' })
   */
  recover(options: RecoverOptions): Promise<void> {
    return recover(this.#home, options)
  }

  /**
   * Connects to the hub, and again by itself whenever the connection is lost, until `close`. Resolves when everything
   * that waited there is on this device's disk. The certificate is renewed by itself at two thirds of its life.
   *
   * Rejects with ClientError `not_registered`, `unreachable` (nobody answered for `timeoutMs`, 30,000 when absent) or
   * `link_ended`; with Refusal, such as `certificate_revoked`; with VerificationError, such as `server_untrusted`.
   *
   * @example
   * await client.connect()
   * console.log(client.conversations().length)
   */
  connect(options: ConnectOptions = {}): Promise<void> {
    return this.#live.connect(options)
  }

  /**
   * Those that this device has, without asking the network: all there are once `connect` has resolved.
   *
   * @example
   * for (const { id, members } of client.conversations()) console.log(id, members.length)
   */
  conversations(): readonly Conversation[] {
    return this.#live.conversations
  }

  /**
   * One of them by its id. Throws ClientError `conversation_unknown`.
   *
   * @example
   * const { members } = client.conversation(conversation.id)
   */
  conversation(id: string): Conversation {
    return this.#live.find(id)
  }

  /**
   * Begins a conversation with others and invites each, under the certificates that `people.fetch` verifies. Each is a
   * member once he has accepted.
   *
   * Rejects as `people.fetch` does, before anybody hears of it; with Refusal, such as `quota_exceeded`; with
   * VerificationError when the hub begins another conversation; with ClientError `not_connected` or `link_ended`.
   *
   * @example
   * const conversation = await client.start(['bob'])
   * for (const sent of conversation.invitations) console.log(`${sent.username} is invited`)
   */
  start(usernames: readonly string[]): Promise<Conversation> {
    return this.#live.start(usernames)
  }

  /**
   * Invitations to this user, each to one loop and once: those that are open, then those that come. One that is open
   * comes again when the program is started again. At most 256 are kept open; others wait at the hub. Ends with
   * `close`.
   *
   * @example
   * for await (const invitation of client.invitations()) {
   *   console.log(`${invitation.from.username} invites, under ${invitation.from.fingerprint}`)
   *   await invitation.accept()
   *   break
   * }
   */
  invitations(): AsyncGenerator<Invitation, undefined> {
    return this.#live.received.read()
  }

  /**
   * Ends the client, and lets others use the directory.
   *
   * @example
   * await client.close()
   */
  async close(): Promise<void> {
    try {
      await this.#live.close()
    } finally {
      this.#home.notices.inbox.end()
      await this.#home.state.close()
    }
  }
}
