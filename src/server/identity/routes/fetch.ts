import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { decodePem } from '../../../pki/pem.js'
import { Username } from '../../../wire/formats.js'
import { Identity } from '../../../wire/identity.js'
import { negotiate } from '../../http/accept.js'
import { matchesEtag } from '../../http/etag.js'
import { problems } from '../../http/problems.js'
import { DER_MEDIA_TYPE, DerFile, JSON_MEDIA_TYPE, NoQuery, PEM_MEDIA_TYPE, PemFile } from '../media-types.js'

/** Each format with its name in the ETag. */
const FORMATS = { [JSON_MEDIA_TYPE]: 'json', [PEM_MEDIA_TYPE]: 'pem', [DER_MEDIA_TYPE]: 'der' } as const

const HEADERS = {
  ETag: { type: 'string', description: 'Covers fingerprint, status and format.' },
  Vary: { type: 'string', description: 'Accept' },
}

const schema = {
  operationId: 'fetchIdentity',
  tags: ['Identity'],
  summary: 'Fetch the newest certificate of a user',
  description: 'Public. The connection closes when there is no such user.',
  querystring: NoQuery,
  params: z.strictObject({ username: Username }),
  headers: z.looseObject({
    'if-none-match': z
      .string()
      .optional()
      .meta({ description: 'An ETag that the client has.', example: '"7b3625e8.valid.json"' }),
  }),
  response: {
    200: {
      description: 'The identity; its certificate alone as PEM or DER, as `Accept` asks.',
      headers: HEADERS,
      content: {
        [JSON_MEDIA_TYPE]: { schema: Identity },
        [PEM_MEDIA_TYPE]: { schema: PemFile },
        [DER_MEDIA_TYPE]: { schema: DerFile },
      },
    },
    304: z.undefined().meta({ description: 'It is what the client has.' }),
    ...problems('user_not_found', 'method_not_allowed', 'uri_too_long', 'unavailable'),
  },
}

export const fetchRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.get('/fetch/:username', { schema, config: { closeOn: ['user_not_found'] } }, async (request, reply) => {
    const format = negotiate(request.headers.accept, [JSON_MEDIA_TYPE, PEM_MEDIA_TYPE, DER_MEDIA_TYPE])
    reply.header('vary', 'Accept')
    const identity = await identities.fetch(request.params.username)
    const etag = `"${identity.fingerprint.slice('sha256:'.length)}.${identity.status}.${FORMATS[format]}"`
    reply.header('etag', etag).header('cache-control', 'no-cache')
    if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send()
    if (format === JSON_MEDIA_TYPE) return identity
    reply.type(format)
    if (format === PEM_MEDIA_TYPE) return reply.send(identity.certificate)
    return reply.send(Buffer.from(decodePem(identity.certificate, ['CERTIFICATE'])))
  })
}
