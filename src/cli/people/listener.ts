import {
  ClientError,
  type Conversation,
  type HermesClient,
  type Invitation,
  type Notice,
  type ReadEvent,
  VerificationError,
} from '../../client/index.js'
import { minute } from '../table.js'
import { eventText } from './event-text.js'
import { invitationText, noticeShape, noticeText } from './notice-text.js'
import { invitationShape } from './shapes.js'

export interface ListenOptions {
  readonly isJson: boolean
  /** From the first event of each, and without remembering where it stopped. */
  readonly isAll: boolean
  /** Ends when all there is was shown. */
  readonly isOnce: boolean
  readonly stop: AbortSignal
  readonly write: (line: string) => Promise<void>
}

/** Shows what comes, of all conversations, until the client is closed. */
export class Listener {
  readonly #client: HermesClient
  readonly #options: ListenOptions
  readonly #followed = new Map<string, Promise<void>>()
  #fail: (error: unknown) => void = () => undefined
  #isClosing = false

  constructor(client: HermesClient, options: ListenOptions) {
    this.#client = client
    this.#options = options
  }

  async run(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    for (const conversation of this.#client.conversations()) this.#follow(conversation)
    const others = Promise.all([this.#readInvitations(), this.#readNotices()])
    if (this.#options.isOnce) await Promise.race([this.#finish(), failed])
    await Promise.race([others, failed])
    await Promise.race([Promise.all(this.#followed.values()), failed])
  }

  async #finish(): Promise<void> {
    await Promise.all(this.#followed.values())
    this.#isClosing = true
    await this.#client.close()
  }

  #follow(conversation: Conversation): void {
    if (!this.#followed.has(conversation.id)) this.#followed.set(conversation.id, this.#read(conversation))
  }

  async #read(conversation: Conversation): Promise<void> {
    const { isAll, isOnce } = this.#options
    try {
      for await (const event of conversation.events({
        ...(isAll && { after: 0 }),
        ...(isOnce && { signal: AbortSignal.abort() }),
      }))
        await this.#tell(event, eventLine(event))
    } catch (error) {
      // A notice tells that, and the other conversations go on.
      if (!(error instanceof VerificationError)) this.#fail(error)
    }
  }

  async #readInvitations(): Promise<void> {
    for await (const invitation of this.#client.invitations())
      if (invitation.state === 'open')
        await this.#tell({ type: 'invitation', ...invitationShape(invitation) }, invitationLine(invitation))
  }

  async #readNotices(): Promise<void> {
    for await (const notice of this.#client.notices) {
      if (notice.type === 'conversation') this.#follow(notice.conversation)
      if (isEnd(notice)) this.#ended(notice)
      else await this.#tell(noticeShape(notice), `* ${inOneLine(noticeText(notice))}`)
    }
  }

  #ended({ reason, error }: { readonly reason?: string; readonly error?: Error }): void {
    if (!this.#options.stop.aborted && !this.#isClosing) this.#fail(error ?? new ClientError('link_ended', reason))
  }

  #tell(json: object, text: string): Promise<void> {
    return this.#options.write(this.#options.isJson ? JSON.stringify(json) : text)
  }
}

function isEnd(notice: Notice): notice is Extract<Notice, { readonly type: 'link' }> {
  return notice.type === 'link' && notice.state === 'ended'
}

/** Whatever somebody, or the hub, wrote. */
function inOneLine(text: string): string {
  return text.replaceAll('\n', '\\n')
}

function eventLine(event: ReadEvent): string {
  const { label, text } = eventText(event)
  const at = event.type === 'gap' ? '' : `${minute(event.at)} `
  return `${event.conversation} ${at}${label} ${inOneLine(text)}`
}

function invitationLine(invitation: Invitation): string {
  return `${invitation.conversation} * ${invitationText(invitation).replaceAll('\n', ' ')}: "hermes accept ${invitation.id}"`
}
