import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ERRORS, type ErrorCode, HermesError } from '../../errors.js'
import type { Caller } from '../../hub/caller.js'
import type { Hub } from '../../hub/hub.js'
import type { Operation, Route } from '../../hub/operations/operation.js'
import { OPERATIONS } from '../../hub/operations/table.js'
import { DeviceName } from '../../wire/formats.js'
import { toHermesError } from '../http/error-handler.js'
import { problems } from '../http/problems.js'
import { withNumbers } from '../http/query-numbers.js'
import type { WireFigures } from '../metrics/wire-figures.js'

/** As Fastify says it of what it encodes itself. */
const JSON_TYPE = 'application/json; charset=utf-8'

/** What the guard and the limits may answer to any request of the hub. */
export const HUB_ERRORS = [
  'certificate_required',
  'certificate_unknown',
  'certificate_superseded',
  'certificate_revoked',
  'certificate_expired',
  'account_disabled',
  'origin_refused',
  'rate_limited',
  'unavailable',
] as const satisfies readonly ErrorCode[]

/** Those that say that its certificate opens nothing here: the connection closes. */
export const CLOSING = HUB_ERRORS.filter((code) => ERRORS[code].status === 403)

export interface RestFace {
  readonly hub: Hub
  readonly wire: WireFigures
}

/** Registers the REST face of every operation of the table that has one. */
export function restRoutes(app: FastifyInstance, face: RestFace): void {
  for (const operation of OPERATIONS) if (operation.route) addRoute(app, face, operation, operation.route)
}

type Shape = Readonly<Record<string, z.ZodType>>

function addRoute(app: FastifyInstance, face: RestFace, operation: Operation, route: Route): void {
  const { name, summary, description, result, errors } = operation
  app.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    validatorCompiler: withNumbers,
    config: { isFree: name.startsWith('acknowledge'), closeOn: CLOSING },
    schema: {
      operationId: name,
      summary,
      description,
      tags: [route.path.startsWith('/invitations') ? 'Invitations' : 'Conversations'],
      ...inputSchemas(operation, route),
      response: { 200: result, ...problems(...errors, ...HUB_ERRORS, ...bodyErrors(route)) },
    },
    handler: (request, reply) => answer(face, operation, request, reply),
  })
}

function bodyErrors({ method }: Route): readonly ErrorCode[] {
  return method === 'POST' ? ['unsupported_media_type', 'too_large'] : []
}

/** The parameters of an operation, as path, query and body. */
function inputSchemas({ params }: Operation, { method, path }: Route) {
  const shape = (params as z.ZodObject).shape as Shape
  const inPath = Object.entries(shape).filter(([name]) => path.includes(`{${name}}`))
  const others = Object.entries(shape).filter(([name]) => !path.includes(`{${name}}`))
  const device = { device: DeviceName.optional() }
  return {
    ...(inPath.length > 0 && { params: z.strictObject(Object.fromEntries(inPath)) }),
    querystring: z.strictObject({ ...(method === 'GET' && Object.fromEntries(others)), ...device }),
    ...(method === 'POST' && { body: z.strictObject(Object.fromEntries(others)) }),
  }
}

async function answer(
  { hub, wire }: RestFace,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const caller = callerOf(request)
  const { device: _, ...query } = request.query as Record<string, unknown>
  const params = { ...query, ...(request.body as object | undefined), ...(request.params as object) }
  const abandoned = new AbortController()
  reply.raw.once('close', () => abandoned.abort())
  return new Promise((resolve, reject) => {
    const call = { hub: hub.services, caller, session: null, abandoned: abandoned.signal }
    const done = wire.timed(operation.name, (given) => {
      if ('error' in given) reject(given.error)
      else if ('text' in given) resolve(reply.type(JSON_TYPE).send(given.text))
      else resolve(given.result)
    })
    const fail = (error: unknown) => done({ error: toHermesError(error) })
    try {
      operation.handle(call, params, done)?.catch(fail)
    } catch (error) {
      fail(error)
    }
  })
}

function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller) throw new HermesError('certificate_required')
  return caller
}
