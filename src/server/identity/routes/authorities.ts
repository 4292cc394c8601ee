import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { HermesError } from '../../../errors.js'
import type { IssuerName } from '../../../store/revocation-store.js'
import { Fingerprint } from '../../../wire/formats.js'
import { problems } from '../../http/problems.js'
import { DER_MEDIA_TYPE, DerFile, NoQuery, PEM_MEDIA_TYPE, PemFile } from '../media-types.js'
import type { PublicAuthority } from '../public-authority.js'
import { Generation } from './generation.js'

const TAGS = ['Certificate authority']

const pemResponse = (description: string) => ({ description, content: { [PEM_MEDIA_TYPE]: { schema: PemFile } } })
const derResponse = (description: string) => ({ description, content: { [DER_MEDIA_TYPE]: { schema: DerFile } } })

const allSchema = {
  operationId: 'fetchAuthorities',
  tags: TAGS,
  summary: 'Fetch the certificates of the CA',
  description: 'Every issuing CA ever used, newest first, then the root.',
  querystring: NoQuery,
  response: { 200: pemResponse('PEM certificates.'), ...problems('method_not_allowed') },
}

const usersSchema = {
  operationId: 'fetchUsersAuthority',
  tags: TAGS,
  summary: "Fetch the certificate of the users' CA",
  description: 'The first CA that issued certificates of users; those that follow are numbered from `/ca/users-2` on.',
  querystring: NoQuery,
  response: { 200: derResponse('The certificate, DER.'), ...problems('method_not_allowed') },
}

const serversSchema = {
  operationId: 'fetchServersAuthority',
  tags: TAGS,
  summary: "Fetch the certificate of the servers' CA",
  description:
    "The first CA that issued the server's own certificate; those that follow are numbered from `/ca/servers-2` on.",
  querystring: NoQuery,
  response: { 200: derResponse('The certificate, DER.'), ...problems('method_not_allowed') },
}

const nextSchema = (operationId: string, whose: string) => ({
  operationId,
  tags: TAGS,
  summary: `Fetch the certificate of a later ${whose} CA`,
  description: 'Of one that took over from the one before, which goes on for what it had issued.',
  querystring: NoQuery,
  params: z.strictObject({ generation: Generation }),
  response: { 200: derResponse('The certificate, DER.'), ...problems('not_found', 'method_not_allowed') },
})

const NEXT_SCHEMAS = {
  users: nextSchema('fetchNextUsersAuthority', "users'"),
  servers: nextSchema('fetchNextServersAuthority', "servers'"),
} as const

const rootDerSchema = {
  operationId: 'fetchRootCertificate',
  tags: TAGS,
  summary: 'Fetch the root certificate',
  description: 'For programs that complete a chain; whoever would trust it fetches it by its fingerprint.',
  querystring: NoQuery,
  response: { 200: derResponse('The certificate, DER.'), ...problems('method_not_allowed') },
}

const rootSchema = {
  operationId: 'fetchRoot',
  tags: TAGS,
  summary: 'Fetch the root certificate by its fingerprint',
  description: 'Answers the root only if its fingerprint is that one, so that a client can pin before it trusts.',
  querystring: NoQuery,
  params: z.strictObject({ fingerprint: Fingerprint }),
  response: { 200: pemResponse('The root certificate, PEM.'), ...problems('not_found', 'method_not_allowed') },
}

export const authoritiesRoutes: FastifyPluginAsyncZod<{ readonly authority: PublicAuthority }> = async (
  app,
  { authority },
) => {
  const { root } = authority
  const rootDer = Buffer.from(root.certificateDer)
  const sendDer = (reply: FastifyReply, name: IssuerName) => {
    const der = authority.certificateOf(name)
    if (der === null) throw new HermesError('not_found', `There is no CA ${name}`)
    return reply.type(DER_MEDIA_TYPE).send(Buffer.from(der))
  }

  app.get('/ca', { schema: allSchema }, async (_request, reply) =>
    reply.type(PEM_MEDIA_TYPE).send([...authority.issuers(), root.certificatePem].join('')),
  )
  app.get('/ca/users', { schema: usersSchema }, async (_request, reply) => sendDer(reply, 'users'))
  app.get('/ca/servers', { schema: serversSchema }, async (_request, reply) => sendDer(reply, 'servers'))
  for (const kind of ['users', 'servers'] as const)
    app.get(`/ca/${kind}-:generation`, { schema: NEXT_SCHEMAS[kind] }, async (request, reply) =>
      sendDer(reply, `${kind}-${Number(request.params.generation)}`),
    )
  app.get('/ca/root', { schema: rootDerSchema }, async (_request, reply) => reply.type(DER_MEDIA_TYPE).send(rootDer))
  app.get('/ca/root/:fingerprint', { schema: rootSchema }, async (request, reply) => {
    if (request.params.fingerprint !== root.fingerprint)
      throw new HermesError(
        'not_found',
        `The root certificate does not have the fingerprint ${request.params.fingerprint}`,
      )
    return reply.type(PEM_MEDIA_TYPE).send(root.certificatePem)
  })
}
