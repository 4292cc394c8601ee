import { ERRORS, type ErrorCode } from '../../errors.js'
import { Problem } from '../../wire/problem.js'
import { PROBLEM_MEDIA_TYPE } from './problem.js'

/** A response of OpenAPI whose body is a problem; `headers` are JSON schemas. */
export interface ProblemResponse {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly type: string; readonly description: string }>>
  readonly content: Readonly<
    Record<typeof PROBLEM_MEDIA_TYPE, { readonly schema: typeof Problem; readonly example: Problem }>
  >
}

const RETRY_AFTER = { 'Retry-After': { type: 'integer', description: 'Seconds until a retry makes sense.' } }

/** What any route may answer, whatever it does. */
const ALWAYS: readonly ErrorCode[] = ['invalid_request', 'internal', 'draining']

/**
 * The refusals of a route for its `schema.response`: status → problem. `invalid_request`, `internal` and
 * `draining` are always among them.
 */
export function problems(...codes: readonly ErrorCode[]): Readonly<Record<number, ProblemResponse>> {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set([...codes, ...ALWAYS])) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, problemResponse(ofStatus)]))
}

function problemResponse(codes: readonly ErrorCode[]): ProblemResponse {
  const [first = 'internal'] = codes
  const { status, title } = ERRORS[first]
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join('\n\n'),
    ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: Problem,
        example: {
          type: `urn:hermes:error:${first}`,
          title,
          status,
          detail: title,
          code: first,
          requestId: '0b5f1c9e-5d0e-4f0e-9f43-0f8a4a0c3c11',
        },
      },
    },
  }
}
