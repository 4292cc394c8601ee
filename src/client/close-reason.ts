import { CLOSE } from '../wire/frames.js'

/** Why a connection ended, and whether to connect again by oneself. */
export interface CloseReason {
  /** WebSocket close code [RFC 6455 7.4]; 1006 when the connection broke without one. */
  readonly code: number
  readonly reason: string
  /** False for 45xx, which need a person or another certificate first, and for an end of one's own. */
  readonly mayReconnect: boolean
}

const WORDS: ReadonlyMap<number, string> = new Map(Object.values(CLOSE).map(({ code, reason }) => [code, reason]))
const BROKEN = 1006
const RESTART_CODES: readonly number[] = [1001, BROKEN, 1011, CLOSE.restart.code, CLOSE.overloaded.code]

/** What a close code means (protocol.md "Flow"). */
export function closeReason(code: number, reason: string): CloseReason {
  const words = reason || WORDS.get(code) || (code === BROKEN ? 'the connection broke' : '')
  return { code, reason: words, mayReconnect: RESTART_CODES.includes(code) || (code >= 4000 && code < 4500) }
}
