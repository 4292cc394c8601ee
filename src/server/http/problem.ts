import { ERRORS, type HermesError } from '../../errors.js'
import type { Problem } from '../../wire/problem.js'

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

/** Operations name a parameter as JSON-RPC has it. */
const PARAMS = /^params\./

/** The problem details of a refusal [RFC 9457 3.1]; a 5xx shows its title alone, never a cause. */
export function toProblem(error: HermesError, requestId: string): Problem {
  const { status, title } = ERRORS[error.code]
  return {
    ...error.data,
    type: `urn:hermes:error:${error.code}`,
    title,
    status,
    detail: status >= 500 ? title : error.message.replace(PARAMS, ''),
    code: error.code,
    requestId,
    ...(error.errors !== undefined && { errors: error.errors.map(({ path, message }) => ({ path, message })) }),
  }
}

/** Header fields of a problem; `Retry-After` in whole seconds, rounded up [RFC 9110 10.2.3]. */
export function problemHeaders(error: HermesError): Record<string, string> {
  return {
    'content-type': PROBLEM_MEDIA_TYPE,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(error.retryAfterMs !== undefined && {
      'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))),
    }),
  }
}
