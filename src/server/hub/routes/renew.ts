import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { Identity } from '../../../wire/identity.js'
import { RenewRequest } from '../../../wire/upkeep.js'
import { negotiate } from '../../http/accept.js'
import { problems } from '../../http/problems.js'
import { JSON_MEDIA_TYPE, PEM_MEDIA_TYPE, PemFile } from '../../identity/media-types.js'
import { BODY_ERRORS, CLOSES, DeviceQuery, holderOf } from './own.js'

const schema = {
  operationId: 'renew',
  tags: ['Account'],
  summary: 'Renew the certificate',
  description:
    'For the newest certificate alone, also for some days after its end (HERMES_RENEWAL_GRACE_DAYS). The same request again gets the first answer. With the same key the old certificate stays good to its own end; with a new one it is superseded in ten minutes (HERMES_SUPERSEDE_MINUTES), and a locked key that is not replaced is dropped.',
  querystring: DeviceQuery,
  body: RenewRequest,
  response: {
    201: {
      description: 'The identity; with `Accept: application/x-pem-file` its certificate alone.',
      content: { [JSON_MEDIA_TYPE]: { schema: Identity }, [PEM_MEDIA_TYPE]: { schema: PemFile } },
    },
    ...problems('csr_rejected', 'private_key_rejected', ...BODY_ERRORS),
  },
}

export const renewRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/renew', { schema, config: { ...CLOSES, admitsExpired: true } }, async (request, reply) => {
    const identity = await identities.renew(request.body, holderOf(request))
    reply.code(201).header('vary', 'Accept')
    if (negotiate(request.headers.accept, [JSON_MEDIA_TYPE, PEM_MEDIA_TYPE]) === JSON_MEDIA_TYPE) return identity
    return reply.type(PEM_MEDIA_TYPE).send(identity.certificate)
  })
}
