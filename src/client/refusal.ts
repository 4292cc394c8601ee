import { z } from 'zod'
import { ERRORS, type ErrorCode, type FieldError } from '../errors.js'
import { Problem } from '../wire/problem.js'

interface RefusalDetails {
  readonly code: string
  readonly message: string
  readonly status: number
  readonly retryable: boolean
  readonly retryAfterMs?: number | undefined
  readonly errors?: readonly FieldError[] | undefined
  readonly requestId?: string | undefined
  readonly data?: Readonly<Record<string, unknown>>
}

/**
 * The server said no, over either face. `code` is one of `errors.ts`, or a newer one that this client does not
 * know; `status` is that of HTTP; `data` holds what comes with the code, such as `members` of `roster_changed`.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly status: number
  readonly retryable: boolean
  /** Milliseconds until a retry makes sense. */
  readonly retryAfterMs: number | undefined
  readonly errors: readonly FieldError[]
  /** The same in the log of the server; HTTP alone has it. */
  readonly requestId: string | undefined
  readonly data: Readonly<Record<string, unknown>>

  constructor({ code, message, status, retryable, retryAfterMs, errors = [], requestId, data = {} }: RefusalDetails) {
    super(message)
    this.code = code
    this.status = status
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
    this.errors = errors
    this.requestId = requestId
    this.data = data
  }
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

/** A refusal from the body of an HTTP answer; a proxy between may have answered something else [RFC 9457 3.1]. */
export function refusalFromHttp(status: number, body: string, retryAfter: string | undefined): Refusal {
  const problem = Problem.safeParse(parseJson(body))
  const retryAfterMs = /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : undefined
  if (!problem.success) {
    const message = `the answer has status ${status} and is no problem document of Hermes`
    return new Refusal({ code: 'internal', message, status, retryable: status >= 500, retryAfterMs })
  }
  const { code, detail, requestId, errors } = problem.data
  const retryable = isKnown(code) ? ERRORS[code].retryable : status >= 500
  return new Refusal({ code, message: detail, status, retryable, retryAfterMs, errors, requestId })
}

/** The `error` of a JSON-RPC reply [JSON-RPC 2.0 5.1]. */
export const RpcErrorObject = z.object({
  code: z.int(),
  message: z.string(),
  data: z.looseObject({
    code: z.string(),
    retryable: z.boolean(),
    retryAfterMs: z.number().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
})

/** A refusal from the `error` of a JSON-RPC reply. */
export function refusalFromRpc({ code: rpcCode, message, data }: z.infer<typeof RpcErrorObject>): Refusal {
  const { code, retryable, retryAfterMs, errors, ...rest } = data
  const status = isKnown(code) ? ERRORS[code].status : rpcCode
  return new Refusal({ code, message, status, retryable, retryAfterMs, errors, data: rest })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
