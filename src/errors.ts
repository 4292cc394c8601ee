/**
 * The one catalogue of refusals: string code, HTTP status, title and whether trying again makes sense.
 * HTTP answers it as RFC 9457 problems, the WebSocket as JSON-RPC errors; neither knows another code.
 */
const CATALOGUE = {
  invalid_request: { status: 400, title: 'The request does not fit its schema', retryable: false },
  invalid_credentials: { status: 401, title: 'Unknown user or wrong password', retryable: false },
  certificate_required: { status: 403, title: 'A client certificate is required', retryable: false },
  certificate_unknown: { status: 403, title: 'The client certificate was not issued here', retryable: false },
  certificate_superseded: {
    status: 403,
    title: 'The client certificate was replaced by a newer one',
    retryable: false,
  },
  certificate_revoked: { status: 403, title: 'The client certificate was revoked', retryable: false },
  certificate_expired: { status: 403, title: 'The client certificate has expired', retryable: false },
  account_disabled: { status: 403, title: 'The account is disabled or deleted', retryable: false },
  origin_refused: { status: 403, title: 'Browsers from this origin are not admitted', retryable: false },
  forbidden: { status: 403, title: 'Not permitted', retryable: false },
  not_found: { status: 404, title: 'There is no such resource or method', retryable: false },
  user_not_found: { status: 404, title: 'There is no such user', retryable: false },
  no_private_key: { status: 404, title: 'No private key is kept for this user', retryable: false },
  conversation_not_found: { status: 404, title: 'There is no such conversation', retryable: false },
  invitation_not_found: { status: 404, title: 'There is no such invitation', retryable: false },
  method_not_allowed: { status: 405, title: 'The resource does not have this method', retryable: false },
  request_timeout: { status: 408, title: 'The request did not arrive in time', retryable: true },
  username_taken: { status: 409, title: 'The username is taken', retryable: false },
  certificate_mismatch: { status: 409, title: 'Another certificate of this user is in use here', retryable: false },
  invitation_state: { status: 409, title: 'The invitation is in another state', retryable: false },
  invitation_open: { status: 409, title: 'This user already has an open invitation here', retryable: false },
  already_member: { status: 409, title: 'This user is already a member', retryable: false },
  roster_changed: { status: 409, title: 'The members have changed since the invitation', retryable: true },
  epoch_conflict: { status: 409, title: 'The conversation is at another epoch', retryable: true },
  message_conflict: { status: 409, title: 'This messageId was used for another message', retryable: false },
  request_conflict: { status: 409, title: 'This requestId was used for another request', retryable: false },
  conversation_full: { status: 409, title: 'The conversation is full', retryable: false },
  invitation_expired: { status: 410, title: 'The invitation has expired', retryable: false },
  too_large: { status: 413, title: 'The request is too large', retryable: false },
  uri_too_long: { status: 414, title: 'The request target is too long', retryable: false },
  unsupported_media_type: { status: 415, title: 'The media type is not supported', retryable: false },
  csr_rejected: { status: 422, title: 'The certificate request is refused', retryable: false },
  private_key_rejected: { status: 422, title: 'The encrypted private key is refused', retryable: false },
  certificate_rejected: { status: 422, title: 'The certificate is refused', retryable: false },
  invalid_signature: { status: 422, title: 'The signature does not verify', retryable: false },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  account_locked: { status: 429, title: 'Too many wrong passwords', retryable: true },
  quota_exceeded: { status: 429, title: 'A quota is used up', retryable: false },
  headers_too_large: { status: 431, title: 'The header fields are too large', retryable: false },
  internal: { status: 500, title: 'The server failed', retryable: true },
  busy: { status: 503, title: 'The server is busy', retryable: true },
  unavailable: { status: 503, title: 'The store is unavailable', retryable: true },
  draining: { status: 503, title: 'The server is shutting down', retryable: true },
} as const

export type ErrorCode = keyof typeof CATALOGUE

export interface ErrorEntry {
  readonly status: number
  readonly title: string
  readonly retryable: boolean
}

/** Every code with its entry, in the order of the catalogue. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = CATALOGUE

/** One thing that is wrong with a field: `path` as in `params.username`, `message` a sentence. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

export interface HermesErrorOptions {
  /** Fields at fault, for `invalid_request`. */
  readonly errors?: readonly FieldError[]
  /** Milliseconds until a retry makes sense; becomes `Retry-After` in whole seconds. */
  readonly retryAfterMs?: number
  /** Further members for programs, such as the current `roster` of `roster_changed`. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** A refusal with a code of the catalogue. `message` is for people and is shown to them, except for 5xx. */
export class HermesError extends Error {
  override readonly name = 'HermesError'
  readonly code: ErrorCode
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterMs: number | undefined
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string = CATALOGUE[code].title, options: HermesErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.errors = options.errors
    this.retryAfterMs = options.retryAfterMs
    this.data = options.data ?? {}
  }

  get status(): number {
    return CATALOGUE[this.code].status
  }

  get retryable(): boolean {
    return CATALOGUE[this.code].retryable
  }
}
