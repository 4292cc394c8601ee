import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type OcspOutcome, type OcspResponder, ocspError } from '../../../identity/revocation/ocsp-responder.js'
import type { OcspError } from '../../../pki/ocsp-response.js'
import { sendProblem, toHermesError } from '../../http/error-handler.js'
import { problems } from '../../http/problems.js'
import type { Tally } from '../../metrics/tally.js'
import { DerFile } from '../media-types.js'

/** [RFC 6960 A.1] */
const REQUEST_MEDIA_TYPE = 'application/ocsp-request'
const RESPONSE_MEDIA_TYPE = 'application/ocsp-response'

/** What HTTP would say with a status is said inside a 200: OCSP clients look no further [RFC 6960 A.1]. */
const INSIDE: Readonly<Record<number, OcspError>> = {
  400: 'malformedRequest',
  413: 'malformedRequest',
  414: 'malformedRequest',
  500: 'internalError',
  503: 'tryLater',
}

const COMMON = {
  tags: ['Certificate authority'],
  response: {
    200: {
      description: 'An OCSPResponse, DER; refusals too, such as malformedRequest and unauthorized.',
      content: { [RESPONSE_MEDIA_TYPE]: { schema: DerFile } },
    },
    ...problems('method_not_allowed', 'unsupported_media_type'),
  },
}

const DESCRIPTION =
  'RFC 6960, about certificates of users and of the server, signed by the CA that issued them, live from the database. ' +
  'CertIDs with SHA-1 or SHA-256; a nonce is repeated (RFC 9654); never issued is unknown. A request may have ' +
  'HERMES_OCSP_REQUEST_BYTES, and ask about HERMES_OCSP_CERTIFICATES_MAX certificates of one CA.'

const postSchema = {
  ...COMMON,
  operationId: 'askOcsp',
  summary: 'Ask by OCSP whether certificates are revoked',
  description: DESCRIPTION,
  consumes: [REQUEST_MEDIA_TYPE],
  body: DerFile,
}

const getSchema = {
  ...COMMON,
  operationId: 'fetchOcsp',
  summary: 'Ask the same with GET',
  description: DESCRIPTION,
  params: z.strictObject({
    '*': z.string().meta({ description: 'The OCSPRequest: its DER in base64, percent-encoded.', example: 'MEUwQw==' }),
  }),
}

export interface OcspRouteOptions {
  readonly ocsp: OcspResponder
  readonly requestBytes: number
  readonly ocspAnswers: Tally
}

export const ocspRoutes: FastifyPluginAsyncZod<OcspRouteOptions> = async (app, { ocsp, requestBytes, ocspAnswers }) => {
  const send = sending(ocspAnswers)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(REQUEST_MEDIA_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler(answeringInside(send))

  app.post('/ocsp', { schema: postSchema, bodyLimit: requestBytes }, async (request, reply) =>
    send(request, reply, await ocsp.respond(request.body)),
  )
  app.get('/ocsp/*', { schema: getSchema }, async (request, reply) => {
    const der = decodeBase64(request.params['*'])
    const outcome = der === null ? ocspError('malformedRequest', 'its path is not base64') : await ocsp.respond(der)
    return send(request, reply, outcome)
  })
}

/** Standard base64, padded or not; null for anything else. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  const bare = (base64: string) => base64.replace(/=+$/, '')
  return bare(bytes.toString('base64')) === bare(text) ? bytes : null
}

type Send = (request: FastifyRequest, reply: FastifyReply, outcome: OcspOutcome) => FastifyReply

function sending(answers: Tally): Send {
  return (request, reply, { der, refusal }) => {
    answers.add(refusal?.status ?? 'successful')
    if (refusal !== null) request.log.info(refusal, 'An OCSP request was refused')
    return reply.code(200).type(RESPONSE_MEDIA_TYPE).header('cache-control', 'no-store').send(der)
  }
}

function answeringInside(send: Send): (error: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const refusal = toHermesError(error, `${request.routeOptions.bodyLimit} bytes (HERMES_OCSP_REQUEST_BYTES)`)
    const status = INSIDE[refusal.status]
    if (status === undefined) return sendProblem(request, reply, refusal)
    if (refusal.status >= 500) request.log.error({ err: refusal.cause ?? refusal }, refusal.message)
    send(request, reply, ocspError(status, refusal.message))
  }
}
