import type { Session } from './session.js'

interface Heard {
  /** What was read may be out of date. */
  isStale: boolean
  /** The last event that was heard of, by conversation. */
  readonly heads: Map<number, number>
}

/** Connections that are being told what waits for them, and what is heard meanwhile. */
export class Loading {
  readonly #sessions = new Map<Session, Heard>()

  get size(): number {
    return this.#sessions.size
  }

  has(session: Session): boolean {
    return this.#sessions.has(session)
  }

  /** From here on what is heard counts; what was heard before is forgotten. */
  begin(session: Session): Heard {
    const heard = { isStale: false, heads: new Map<number, number>() }
    this.#sessions.set(session, heard)
    return heard
  }

  /** Whether it was loading. */
  end(session: Session): boolean {
    return this.#sessions.delete(session)
  }

  /** An event of a conversation; it may change what those may see whom it concerns. */
  hear(conversationId: number, seq: number, concerns: (session: Session) => boolean): void {
    for (const [session, heard] of this.#sessions) {
      heard.heads.set(conversationId, Math.max(seq, heard.heads.get(conversationId) ?? 0))
      if (concerns(session)) heard.isStale = true
    }
  }
}
