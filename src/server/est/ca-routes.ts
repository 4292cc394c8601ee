import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { ErrorCode } from '../../errors.js'
import { csrAttributes } from '../../pki/csr-attributes.js'
import { problems } from '../http/problems.js'
import { certsOnlyResponse, csrAttributesResponse, sendCertificates, sendCsrAttributes } from './responses.js'

export const EST_PATH = '/.well-known/est'

export interface EstAuthorities {
  readonly root: { readonly certificatePem: string }
  /** PEM of every issuing CA ever used, newest first. */
  issuers(): readonly string[]
}

export interface CaRouteOptions {
  readonly authority: EstAuthorities
  readonly querystring: z.ZodObject
  /** What every route of the listener may answer. */
  readonly errors: readonly ErrorCode[]
  /** Instead of what the listener before has said of it in their common document. */
  readonly description?: string
}

/** What a client asks before it enrolls [RFC 7030 4.1, 4.5]. */
export const caRoutes: FastifyPluginAsyncZod<CaRouteOptions> = async (app, options) => {
  const { authority, querystring, errors, description } = options
  const common = { tags: ['EST'], querystring }
  const attributes = csrAttributes()

  app.get(
    `${EST_PATH}/cacerts`,
    {
      schema: {
        ...common,
        operationId: 'estCaCerts',
        summary: 'EST: the certificates of the CA',
        description: description ?? 'Every issuing CA ever used, newest first, and the root (RFC 7030 4.1).',
        response: { 200: certsOnlyResponse('They, certs-only.'), ...problems(...errors) },
      },
    },
    async (_request, reply) => sendCertificates(reply, ...authority.issuers(), authority.root.certificatePem),
  )
  app.get(
    `${EST_PATH}/csrattrs`,
    {
      schema: {
        ...common,
        operationId: 'estCsrAttributes',
        summary: 'EST: what a certificate request should have',
        description:
          description ?? 'A key on P-256, signed with ECDSA and SHA-256; others are taken too (RFC 7030 4.5).',
        response: { 200: csrAttributesResponse, ...problems(...errors) },
      },
    },
    async (_request, reply) => sendCsrAttributes(reply, attributes),
  )
}
