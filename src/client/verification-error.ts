/** What the server or another user showed does not hold: this side refuses it, whatever the server says. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
}

/** Throws a VerificationError with `reason` unless `holds`. */
export function verify(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new VerificationError(reason)
}
