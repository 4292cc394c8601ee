import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { type ErrorCode, type FieldError, HermesError } from '../../errors.js'
import { closeOnRefusal } from './close-connection.js'
import { problemHeaders, toProblem } from './problem.js'

declare module 'fastify' {
  interface FastifyReply {
    /** What the request was refused with. */
    refusal: ErrorCode | null
  }
}

/** Longest request target that is routed. */
export const URI_CHARACTERS = 4096

/** The library repeats names that a client sent, however long and many. */
export const SENTENCE_CHARACTERS = 256

/** Fields named in one problem. */
const FIELD_ERRORS_MAX = 20

/** Of a body that is missing, or a list, or null. */
const NO_OBJECT = 'the body must be a JSON object; {} if there is nothing to say'

/** Answered with a 5xx, and yet nothing that failed: anyone could fill the log with them. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set(['busy', 'draining'])

/** Statuses that Fastify and its plugins answer on their own. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
}

/**
 * Answers every error of a handler or hook as a problem; a failure goes to the log with its cause. `bodyVariable` sets
 * how long a body may be.
 */
export function errorHandler(bodyVariable: string) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    sendProblem(request, reply, toHermesError(error, `${request.routeOptions.bodyLimit} bytes (${bodyVariable})`))
  }
}

/** Sends a refusal as it stands, closing the connection where the route says so. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: HermesError): void {
  reply.refusal = error.code
  if (error.status >= 500 && !EXPECTED.has(error.code))
    request.log.error({ err: error.cause ?? error, code: error.code }, error.message)
  else request.log.info({ code: error.code, route: request.routeOptions.url }, error.message)
  // Fastify closes after a body it cannot parse, which is needed only while the rest of it is under way.
  if (error.code === 'invalid_request' && request.raw.complete && reply.hasHeader('connection'))
    reply.removeHeader('connection')
  closeOnRefusal(request, reply, error.code)
  // A Buffer, since Fastify would add a charset to a string, which JSON does not have [RFC 8259 11].
  const body = Buffer.from(JSON.stringify(toProblem(error, request.id)))
  reply.code(error.status).headers(problemHeaders(error)).send(body)
}

/** Any error as a refusal of the catalogue; what is nobody's refusal is `internal`. `bodyLimit` in words. */
export function toHermesError(error: unknown, bodyLimit?: string): HermesError {
  if (error instanceof HermesError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return fromValidation(error.validation)
  if (!(error instanceof Error))
    return new HermesError('internal', 'Something other than an error was thrown', { cause: error })
  const { statusCode } = error as { statusCode?: unknown }
  const code = typeof statusCode === 'number' ? CODES[statusCode] : undefined
  if (code === undefined) return new HermesError('internal', error.message, { cause: error })
  return new HermesError(code, sentence(code, error, bodyLimit), { cause: error })
}

/** The messages of the framework repeat what the client sent, however long, or say too little. */
function sentence(code: ErrorCode, error: Error, bodyLimit: string | undefined): string {
  if ('code' in error && error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return NO_OBJECT
  if (code === 'too_large' && bodyLimit !== undefined) return `The body may have ${bodyLimit}`
  if (code === 'uri_too_long') return `The request target may have ${URI_CHARACTERS} characters`
  if (code === 'unsupported_media_type')
    return 'The body must have a Content-Type that this route accepts (see /openapi.yaml)'
  return error.message.slice(0, SENTENCE_CHARACTERS)
}

interface ValidationIssue {
  readonly keyword: string
  readonly instancePath: string
  readonly message?: string
}

function messageOf({ keyword, instancePath, message = 'is not valid' }: ValidationIssue): string {
  return keyword === 'invalid_type' && instancePath === '/' ? NO_OBJECT : message.slice(0, SENTENCE_CHARACTERS)
}

/** Slashes separate the path that the provider gives; protocol.md wants `participants.0.username`. */
function fromValidation(issues: readonly ValidationIssue[]): HermesError {
  const errors = issues.slice(0, FIELD_ERRORS_MAX).map(
    (issue): FieldError => ({
      path: issue.instancePath.slice(1).replaceAll('/', '.'),
      message: messageOf(issue),
    }),
  )
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  return new HermesError('invalid_request', detail, { errors })
}
