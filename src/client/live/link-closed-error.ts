import { ClientError } from '../client-error.js'
import type { CloseReason } from '../close-reason.js'

/** The hub closed the connection, and a person must act: `close.code` says what for. */
export class LinkClosedError extends ClientError {
  override readonly name = 'LinkClosedError'
  readonly close: CloseReason

  constructor(close: CloseReason) {
    super('link_ended', `the hub closed the connection with ${close.code}: ${close.reason}`)
    this.close = close
  }
}
