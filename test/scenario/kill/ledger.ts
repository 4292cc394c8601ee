import type { Fields } from '../../support/hub-client.js'

/** Something that a client was answered, and that must be so from then on. */
export type Fact =
  | { readonly what: 'event'; readonly conversation: string; readonly seq: number; readonly expected: Partial<Fields> }
  | { readonly what: 'start'; readonly username: string; readonly requestId: string; readonly conversation: string }
  | { readonly what: 'ack'; readonly username: string; readonly conversation: string; readonly seq: number }
  | { readonly what: 'user'; readonly username: string; readonly certificate: string }

export interface Message {
  readonly conversation: string
  readonly messageId: string
  readonly payload: string
  readonly epoch?: number
}

/** What clients know for certain, and what they cannot know because the server died on them. */
export class Ledger {
  readonly facts: Fact[] = []
  /** Every messageId that was ever sent, and with what. */
  readonly payloads = new Map<string, string>()
  /** messageIds and invitations that raise the epoch of their conversation if they are stored. */
  readonly raising = new Set<string>()
  /** By sender. */
  readonly unsureMessages = new Map<string, Map<string, Message>>()
  /** requestId and parameters. */
  readonly unsureStarts = new Map<string, object>()
  readonly unsureNames = new Set<string>()

  unsureOf(sender: string): Map<string, Message> {
    const unsure = this.unsureMessages.get(sender) ?? new Map<string, Message>()
    this.unsureMessages.set(sender, unsure)
    return unsure
  }

  count(what: string): number {
    return this.facts.filter((fact) => fact.what === what || ('expected' in fact && fact.expected.type === what)).length
  }
}
