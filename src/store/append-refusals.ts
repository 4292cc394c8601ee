/** Another append was first, or the appends of one conversation do not follow each other. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** A stay would begin under a certificate that is revoked. */
export class RevokedError extends Error {
  override readonly name = 'RevokedError'
}
