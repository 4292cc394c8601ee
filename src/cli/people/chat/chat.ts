import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Conversation, HermesClient, Invitation, Notice } from '../../../client/index.js'
import { invitationText, noticeShape, noticeText } from '../notice-text.js'
import { remedyOfEnd } from '../remedies.js'
import { changedText, sentenceOf } from '../sentence.js'
import { invitationShape } from '../shapes.js'
import { membersText } from './about.js'
import { runCommand } from './commands.js'
import { parseInput } from './input.js'
import type { Typist } from './screen.js'
import type { View } from './view.js'

/** So much of what was said before is shown at the beginning. */
const EARLIER = 20
const LOOK_MS = 50

/** One conversation in a terminal, until the person leaves it. */
export class Chat implements Typist {
  readonly client: HermesClient
  readonly #view: View
  readonly #offers = new Map<string, Invitation>()
  /** Those that were shown with numbers. */
  listed: readonly Invitation[] = []
  #conversation: Conversation | null = null
  #following: AbortController | null = null
  /** Of the first event that is shown. */
  #first = 0
  #isConnected = false
  #hasFailed = false
  #typed: Promise<void> = Promise.resolve()
  #isEnding = false
  #finish: (code: number) => void = () => undefined
  /** Resolves with the exit code. */
  readonly over: Promise<number>

  constructor(client: HermesClient, view: (typist: Typist) => View) {
    this.client = client
    this.over = new Promise((resolve) => {
      this.#finish = (code) => {
        this.#isEnding = true
        resolve(code)
      }
    })
    this.#view = view(this)
    void this.#readNotices()
    void this.#readInvitations()
  }

  get conversation(): Conversation | null {
    return this.#conversation
  }

  /** Invitations to oneself that are open. */
  get offers(): readonly Invitation[] {
    return [...this.#offers.values()].filter(({ state }) => state === 'open')
  }

  note(text: string): void {
    this.#view.note(text)
  }

  connecting(): void {
    this.#view.connection({ what: 'connecting' })
  }

  /** Only now is it known which of the invitations that this device remembers are open still. */
  connected(): void {
    this.#isConnected = true
    for (const invitation of this.offers) this.#showOffer(invitation)
  }

  /** Shows a conversation, from now on in place of another. */
  async enter(conversation: Conversation): Promise<void> {
    this.#following?.abort()
    const following = new AbortController()
    this.#following = following
    this.#conversation = conversation
    this.note(`conversation ${conversation.id}`)
    this.showMembers()
    const events = await conversation.history({ limit: EARLIER })
    this.#first = events[0]?.seq ?? 0
    const earlier = await conversation.history({ before: this.#first, limit: 1 })
    if (earlier.length > 0) this.note('there is more before this: /history 50')
    for (const event of events) this.#view.event(event)
    void this.#follow(conversation, events.at(-1)?.seq ?? 0, following.signal)
  }

  showMembers(): void {
    const { client, conversation } = this
    if (conversation) this.note(membersText(conversation, client.username ?? '', client.people.list()))
  }

  /** Events before those that are shown. */
  async showEarlier(limit: number): Promise<void> {
    const events = (await this.conversation?.history({ before: this.#first, limit })) ?? []
    this.#first = events[0]?.seq ?? this.#first
    this.note(events.length === 0 ? 'nothing was before that' : `${events.length} events from before`)
    for (const event of events) this.#view.event(event)
    if (events.length > 0) this.note('and this is now again')
  }

  /** Whether somebody waits at the other end of this line, who may go on typing. */
  get isTerminal(): boolean {
    return this.#view.screen.hasFooter
  }

  /** What is typed before this is done comes after it; where it fails, that it did is the end. */
  begin(begin: () => Promise<void>): Promise<void> {
    const begun = begin()
    this.#typed = begun.catch(() => {
      this.#isEnding = true
    })
    return begun
  }

  /** Ends it; `code` 0 becomes 1 where something that was to be said was not stored. */
  quit(code = 0): void {
    const { pending } = this.#view
    if (this.#isEnding) return
    if (pending.length > 0) this.note(`not known whether it was stored: ${pending.join(' / ')}`)
    this.#finish(pending.length > 0 || this.#hasFailed ? 1 : code)
  }

  /** One after another, and none before the conversation is there. */
  line(text: string): void {
    this.#typed = this.#typed.then(() => this.#take(text))
  }

  /** What was said is stored first. */
  end(): void {
    this.#typed = this.#typed.then(async () => {
      if (this.#isEnding) return
      if (this.#view.pending.length > 0) this.note('waiting until all is stored; Ctrl-C gives up')
      while (!this.#isEnding && this.#view.pending.length > 0) await sleep(LOOK_MS)
      this.quit()
    })
  }

  interrupt(): void {
    this.quit()
  }

  failed(error: unknown): void {
    const sentence = sentenceOf(error)
    if (sentence === null) throw error
    if (!this.#isEnding) this.note(inChat(sentence))
  }

  close(): void {
    this.#isEnding = true
    this.#following?.abort()
    this.#view.close()
  }

  async #take(text: string): Promise<void> {
    const input = parseInput(text)
    if (input.kind === 'message') this.say(input.text)
    if (input.kind !== 'command') return
    try {
      await runCommand(this, input.name, input.words)
    } catch (error) {
      this.failed(error)
    }
  }

  /** `sealed` false: as it is; absent: as the conversation does. */
  say(text: string, sealed?: boolean): void {
    const { conversation } = this
    if (!conversation || conversation.members.length < 2) {
      this.#hasFailed = true
      return this.note(`not sent, since nobody else is here yet: ${text}`)
    }
    const [change] = conversation.changes
    if (change) {
      this.#hasFailed = true
      return this.note(`not sent: ${text}\n${inChat(changedText(change))}`)
    }
    const messageId = randomUUID()
    this.#view.send(messageId, text)
    conversation.send(text, { messageId, ...(sealed !== undefined && { sealed }) }).catch((error: unknown) => {
      if (this.#isEnding) return
      this.#hasFailed = true
      this.note(`not stored: ${text}`)
      this.failed(error)
      this.#view.settle(messageId)
    })
  }

  async #follow(conversation: Conversation, after: number, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of conversation.events({ after, signal })) if (!signal.aborted) this.#view.event(event)
      if (signal.aborted || this.#isEnding) return
      this.note('you are not a member any more')
      this.quit()
    } catch (error) {
      this.failed(error)
      this.quit(1)
    }
  }

  async #readInvitations(): Promise<void> {
    for await (const invitation of this.client.invitations()) {
      this.#offers.set(invitation.id, invitation)
      if (this.#isConnected && invitation.state === 'open') this.#showOffer(invitation)
    }
  }

  #showOffer(invitation: Invitation): void {
    const { username } = invitation.from
    const { conversation } = this
    const isMutual = conversation?.invitations.some((sent) => sent.username === username) ?? false
    const ways = `/accept ${username} goes there, /decline ${username}${conversation ? ' stays here' : ''}`
    const both = isMutual ? `\nyou have invited ${username} here too: one of you accepts, the other declines` : ''
    const text = `${invitationText(invitation)}\n${ways}${both}`
    this.#view.note(text, { type: 'invitation', ...invitationShape(invitation) })
  }

  async #readNotices(): Promise<void> {
    for await (const notice of this.client.notices) {
      if (notice.type === 'link') this.#link(notice)
      else if (notice.type !== 'conversation') this.#view.note(noticeText(notice), noticeShape(notice))
    }
  }

  #link(notice: Extract<Notice, { readonly type: 'link' }>): void {
    const { state, reason = 'no answer', retryInMs = 0 } = notice
    if (this.#isEnding) return
    if (!this.#view.screen.hasFooter) this.#view.note(noticeText(notice), noticeShape(notice))
    if (state === 'connected') return this.#view.connection(null)
    if (state === 'waiting')
      return this.#view.connection({ what: 'connection lost', reason, retryAt: Date.now() + retryInMs })
    if (this.#view.screen.hasFooter) this.note(noticeText(notice))
    const remedy = remedyOfEnd(notice.error)
    if (remedy !== undefined) this.note(remedy)
    this.quit(1)
  }
}

/** The command of the shell as it is called here. */
function inChat(sentence: string): string {
  return sentence.replaceAll('"hermes trust ', '"/trust ')
}
