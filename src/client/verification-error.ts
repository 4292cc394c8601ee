/** What can be shown not to hold: code for programs → what it means. */
export const VERIFICATION_CODES = {
  root_mismatch: 'The root certificate does not have the fingerprint that was pinned',
  server_untrusted: 'The server shows a TLS certificate that the pinned root did not issue',
  certificate_invalid: 'A certificate does not verify up to the pinned root',
  certificate_swapped: 'A certificate verifies, but is not the one that was named or remembered',
  signature_invalid: 'A signature does not fit what this side knows',
  invitation_invalid: 'An invitation is for somebody else, has ended, never ends, or reuses a challenge',
  attachment_altered: 'An attachment does not have the digest that was signed',
  membership_forged: '`joined` does not prove that somebody became a member',
  roster_mismatch: 'The members shown are not those that the log has',
  wrong_conversation: 'An answer or an event is of another conversation than the one asked for',
  event_forged: 'An event is the act of somebody who cannot have done it',
  event_missing: 'The beginning of a stay, or an event between others, was left out',
  event_altered: 'An event is shown another way than before, or a message of this side not as it was sent',
  answer_invalid: 'An answer does not fit what was asked',
} as const

export type VerificationCode = keyof typeof VERIFICATION_CODES

/** What the server or another user showed does not hold: this side refuses it, whatever the server says. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  readonly code: VerificationCode

  constructor(code: VerificationCode, message: string = VERIFICATION_CODES[code], options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Throws a VerificationError with `code` and `reason` unless `holds`. */
export function verify(holds: boolean, code: VerificationCode, reason: string): asserts holds {
  if (!holds) throw new VerificationError(code, reason)
}
