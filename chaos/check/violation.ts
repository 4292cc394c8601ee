/** What is checked, and what a violation of it means. */
export const RULES = {
  loss: 'an answered message, or another event, did not reach a device of a member, and no gap covers it',
  phantom: 'somebody got what is outside his stays',
  once: 'a messageId has two seqs, or its answers differ',
  order: 'two members saw different events at one seq, or one saw them in another order, twice, or with holes',
  cursor: 'an acknowledged cursor went back, or passed what was not acknowledged',
  membership: 'a membership changed otherwise than by two valid signatures',
  revocation: 'a certificate was used a second after its revocation was answered',
  payload: 'a message is not what was sent, or was never sent',
  connections: 'a device has not one live connection, the newest',
  memory: 'a process of a server grew beyond its bound',
  backlog: 'after the faults a device does not come to have everything',
  failure: 'the server said that it failed, refused what is right, or answered what the protocol does not allow',
} as const

export type Rule = keyof typeof RULES

export interface Violation {
  readonly rule: Rule
  /** What was seen, and where, for people. */
  readonly what: string
}

export function violation(rule: Rule, what: string): Violation {
  return { rule, what }
}
