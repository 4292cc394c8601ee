import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { HermesError } from '../../../errors.js'
import type { AuthorityName } from '../../../pki/publication.js'
import { matchesEtag } from '../../http/etag.js'
import { problems } from '../../http/problems.js'
import { DerFile, NoQuery } from '../media-types.js'
import { Generation } from './generation.js'

/** [RFC 2585 4.2] */
const CRL_MEDIA_TYPE = 'application/pkix-crl'
/** How long others may give out what they have; clients use a CRL until its nextUpdate. */
const CACHE_SECONDS = 60

/** Where CRLs come from; `number` is that of the CRL. */
export interface CrlSource {
  current(): Promise<{ readonly der: Buffer; readonly number: number | bigint }>
}

/** By the name of the CA; null where it is not there, or signs nothing any more. */
export type CrlSources = (name: AuthorityName) => CrlSource | null

const HEADERS = {
  ETag: { type: 'string', description: 'The number of the CRL.' },
  Expires: { type: 'string', description: 'Until when caches may give it out; the CRL itself says `nextUpdate`.' },
  'Cache-Control': { type: 'string', description: 'The same.' },
}

const schemaOf = (operationId: string, whose: string, description: string) => ({
  operationId,
  tags: ['Certificate authority'],
  summary: `Fetch the CRL of ${whose}`,
  description,
  querystring: NoQuery,
  headers: z.looseObject({
    'if-none-match': z
      .string()
      .optional()
      .meta({ description: 'An ETag that the client has.', example: '"1795612800"' }),
  }),
  response: {
    200: { description: 'The CRL, DER.', headers: HEADERS, content: { [CRL_MEDIA_TYPE]: { schema: DerFile } } },
    304: z.undefined().meta({ description: 'It is what the client has.' }),
    ...problems('not_found', 'method_not_allowed', 'unavailable'),
  },
})

const LIVE =
  'Everything that was revoked before the request and has not expired; `nextUpdate` is HERMES_CRL_HOURS away.'

const NEXT = `${LIVE} Of the CA that took over from an earlier one; once it signs nothing any more it has none.`

const SCHEMAS = {
  users: schemaOf('fetchUsersCrl', "the users' CA", LIVE),
  servers: schemaOf('fetchServersCrl', "the servers' CA", LIVE),
  root: schemaOf(
    'fetchRootCrl',
    'the root',
    'As the root signed it last: its key may be offline. It is good for a year.',
  ),
} as const

const nextSchema = (operationId: string, whose: string) => ({
  ...schemaOf(operationId, whose, NEXT),
  params: z.strictObject({ generation: Generation }),
})

const NEXT_SCHEMAS = {
  users: nextSchema('fetchNextUsersCrl', "a later users' CA"),
  servers: nextSchema('fetchNextServersCrl', "a later servers' CA"),
} as const

export const crlRoutes: FastifyPluginAsyncZod<{ readonly crls: CrlSources }> = async (app, { crls }) => {
  for (const name of ['users', 'servers', 'root'] as const)
    app.get(`/crl/${name}`, { schema: SCHEMAS[name] }, async (request, reply) => {
      const der = await fetchCrl(crls(name), request, reply)
      return der === null ? reply.code(304).send() : reply.type(CRL_MEDIA_TYPE).send(der)
    })
  for (const kind of ['users', 'servers'] as const)
    app.get(`/crl/${kind}-:generation`, { schema: NEXT_SCHEMAS[kind] }, async (request, reply) => {
      const der = await fetchCrl(crls(`${kind}-${Number(request.params.generation)}`), request, reply)
      return der === null ? reply.code(304).send() : reply.type(CRL_MEDIA_TYPE).send(der)
    })
}

/** The CRL, with its headers set; null when the client has it. */
async function fetchCrl(source: CrlSource | null, { headers }: FastifyRequest, reply: FastifyReply) {
  if (source === null) throw new HermesError('not_found', 'There is no such CA, or it signs nothing any more')
  const { der, number } = await source.current()
  const etag = `"${number}"`
  reply
    .header('etag', etag)
    .header('cache-control', `public, max-age=${CACHE_SECONDS}`)
    .header('expires', new Date(Date.now() + CACHE_SECONDS * 1000).toUTCString())
  return matchesEtag(headers['if-none-match'], etag) ? null : der
}
