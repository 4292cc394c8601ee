import { type KeyObject, X509Certificate } from 'node:crypto'
import type { CertifiedParty, Party } from '../../wire/events.js'
import { ContentType } from '../../wire/formats.js'
import { PAYLOAD_BYTES } from '../../wire/limits.js'
import { verifyNamedCertificate } from '../certificates.js'
import { ClientError } from '../client-error.js'
import { FingerprintChangedError } from '../contacts.js'
import { type Home, selfOf } from '../home.js'
import { type LogState, membersOf } from '../log/state.js'
import { seePerson } from '../people.js'
import { type Content, SEALED_TYPE, sealMessage } from '../sealing/sealed-message.js'
import { sealingKeyOf } from '../sealing/sealing-key.js'
import { isStatedBy } from '../sealing/statement.js'
import { isDoubted } from './doubted.js'

/** Who does not come any more is a member still. */
const EXPIRED = { lateMs: Number.POSITIVE_INFINITY }

/** The members of a conversation with their certificates, as the hub has them now. */
type AskMembers = (conversation: string) => Promise<readonly CertifiedParty[]>

/** Seals what this device says for the members of a conversation. */
export class Sealer {
  readonly #home: Home
  readonly #ask: AskMembers
  /** Statements that were verified, and the fingerprint of the certificate that they were verified under. */
  readonly #verified = new WeakMap<object, string>()

  constructor(home: Home, ask: AskMembers) {
    this.#home = home
    this.#ask = ask
  }

  /**
   * What to send: sealed where it was asked for, or where nothing was and every other member can be sealed for, or
   * could be once. Throws ClientError `cannot_seal`, `key_doubted` or `message_unfit`; FingerprintChangedError while
   * somebody's key waits to be compared, or somebody brought him in under one that does.
   */
  async seal(state: LogState, messageId: string, content: Content, wanted: boolean | undefined): Promise<Content> {
    const others = Object.keys(state.members).filter((username) => username !== selfOf(this.#home).username)
    const isMeant = state.isSealed || others.every((username) => Object.hasOwn(state.sealing, username))
    if (!(wanted ?? isMeant)) return content
    if (!content.payload.isWellFormed())
      throw new ClientError('message_unfit', 'the message has half of a surrogate pair, which is no text')
    if (content.contentType !== undefined && !ContentType.safeParse(content.contentType).success)
      throw new ClientError('message_unfit', 'a content type has 1 to 127 printable ASCII characters')
    const [change] = this.#home.contacts.pending(membersOf(state))
    if (change) throw new FingerprintChangedError(change)
    const { conversation } = state
    const self = selfOf(this.#home)
    const keys = [sealingKeyOf(self.key).publicKey, ...(await this.#keysOf(state, others))]
    const payload = await sealMessage(self, this.#home.authorities.pin, { conversation, messageId }, content, keys)
    if (payload.length <= PAYLOAD_BYTES) return { payload, contentType: SEALED_TYPE }
    const size = `${payload.length} bytes of ${PAYLOAD_BYTES}`
    throw new ClientError('message_unfit', `sealed for ${keys.length} the message takes ${size}: say less at once`)
  }

  async #keysOf(state: LogState, usernames: readonly string[]): Promise<readonly string[]> {
    const keys: string[] = []
    let asked: readonly CertifiedParty[] | null = null
    for (const username of usernames) {
      const member = { username, fingerprint: state.members[username] ?? '' }
      const said = state.sealing[username]
      if (!said) throw cannot(username, 'his client told no key')
      if (this.#verified.get(said) !== member.fingerprint) {
        let certified = this.#remembered(member)
        if (!certified) asked ??= await this.#ask(state.conversation)
        certified ??= await this.#shown(member, asked ?? [])
        if (!certified || !(await isStatedBy(certified, this.#home.authorities.pin, said)))
          throw cannot(username, 'his key was replaced, and his client told none for the new one')
        this.#verified.set(said, member.fingerprint)
      }
      if (isDoubted(this.#home.contacts, username, state)) throw doubted(username)
      keys.push(said.key)
    }
    return keys
  }

  #remembered({ username, fingerprint }: Party): KeyObject | null {
    const contact = this.#home.contacts.find(username)
    return contact?.fingerprint === fingerprint ? new X509Certificate(contact.certificate).publicKey : null
  }

  async #shown(member: Party, certified: readonly CertifiedParty[]): Promise<KeyObject | null> {
    const found = certified.find((one) => isSame(one, member))
    if (!found) return null
    const { authorities, contacts, now } = this.#home
    const { publicKey } = await authorities.verified((pin) => verifyNamedCertificate(found, pin, now(), EXPIRED))
    const shown = { ...member, certificate: found.certificate }
    await seePerson(this.#home, shown, 'unexplained')
    contacts.expect(shown)
    return publicKey
  }
}

function isSame(one: Party, other: Party): boolean {
  return one.username === other.username && one.fingerprint === other.fingerprint
}

function cannot(username: string, why: string): ClientError {
  return new ClientError('cannot_seal', `${username} cannot open what is sealed: ${why}`)
}

function doubted(username: string): ClientError {
  const why = `the server alone says that the key of ${username} is his`
  return new ClientError('key_doubted', `${why}: compare its fingerprint with him, then trust it`)
}
