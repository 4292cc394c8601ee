import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { parse } from 'yaml'
import { z } from 'zod'
import { problems } from '../../http/problems.js'
import { NoQuery } from '../media-types.js'

/** [RFC 9512] */
const YAML_MEDIA_TYPE = 'application/yaml'

const schema = {
  operationId: 'fetchOpenApi',
  tags: ['Service'],
  summary: 'This description of both listeners',
  description: 'OpenAPI 3.0.3; readable pages of it are at /docs.',
  querystring: NoQuery,
  response: {
    200: {
      description: 'The document.',
      content: { [YAML_MEDIA_TYPE]: { schema: z.string().meta({ description: 'YAML.', example: 'openapi: 3.0.3' }) } },
    },
    ...problems('method_not_allowed'),
  },
}

/** Nothing from elsewhere: the pages work offline and tell nobody that they are read. */
const CONTENT_SECURITY_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'", 'data:'],
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

export interface Documents {
  /** openapi.yaml, of both listeners. */
  readonly openapi: () => string
}

export const documentsRoutes: FastifyPluginAsyncZod<{ readonly documents: Documents }> = async (app, { documents }) => {
  app.get('/openapi.yaml', { schema }, async (_request, reply) => reply.type(YAML_MEDIA_TYPE).send(documents.openapi()))

  // Parsed when somebody looks: it takes a while, and a server should be ready at once.
  let document: Readonly<Record<string, unknown>> | undefined
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null, docExpansion: 'list', deepLinking: true },
    theme: { title: 'Hermes API' },
    staticCSP: CONTENT_SECURITY_POLICY,
    transformSpecification: () => {
      document ??= parse(documents.openapi()) as Readonly<Record<string, unknown>>
      return document
    },
    transformSpecificationClone: false,
  })
}
