import swaggerUi from '@fastify/swagger-ui'
import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { parse } from 'yaml'
import { z } from 'zod'
import { problems } from '../../http/problems.js'
import { JSON_MEDIA_TYPE, NoQuery } from '../media-types.js'

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
  const encoded = encodings(documents)
  app.get('/openapi.yaml', { schema }, async (_request, reply) => sendBytes(reply, YAML_MEDIA_TYPE, encoded.yaml()))

  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null, docExpansion: 'list', deepLinking: true },
    theme: { title: 'Hermes API' },
    staticCSP: CONTENT_SECURITY_POLICY,
    uiHooks: {
      preHandler(request, reply, next) {
        const { url } = request.routeOptions
        if (url === '/docs/json') sendBytes(reply, JSON_MEDIA_TYPE, encoded.json())
        else if (url === '/docs/yaml') sendBytes(reply, YAML_MEDIA_TYPE, encoded.yaml())
        else next()
      },
    },
  })
}

function sendBytes(reply: FastifyReply, type: string, bytes: Buffer): FastifyReply {
  return reply.type(type).send(bytes)
}

/** The document in bytes, made when somebody looks and not again: anybody may ask as often as he likes. */
function encodings({ openapi }: Documents): { yaml(): Buffer; json(): Buffer } {
  return {
    yaml: kept(openapi, (text) => Buffer.from(text)),
    json: kept(openapi, (text) => Buffer.from(JSON.stringify(parse(text)))),
  }
}

function kept(source: () => string, encode: (text: string) => Buffer): () => Buffer {
  let last: { readonly text: string; readonly bytes: Buffer } | null = null
  return () => {
    const text = source()
    if (last?.text !== text) last = { text, bytes: encode(text) }
    return last.bytes
  }
}
