import swaggerUi from '@fastify/swagger-ui'
import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { parse } from 'yaml'
import { z } from 'zod'
import { asyncApiPage } from '../../asyncapi/page.js'
import { markdownPage } from '../../http/markdown-page.js'
import { problems } from '../../http/problems.js'
import { JSON_MEDIA_TYPE, NoQuery } from '../media-types.js'
import { CONTENT_SECURITY_POLICY, policyText } from './content-security-policy.js'
import { encodedOnce } from './encoded-once.js'

/** [RFC 9512] */
const YAML_MEDIA_TYPE = 'application/yaml'

const HTML_MEDIA_TYPE = 'text/html; charset=utf-8'

const openapi = {
  operationId: 'fetchOpenApi',
  tags: ['Service'],
  summary: 'This description of both listeners',
  description: 'OpenAPI 3.0.3; readable pages of it are at /docs.',
  querystring: NoQuery,
  response: yaml('openapi: 3.0.3'),
}

const asyncapi = {
  operationId: 'fetchAsyncApi',
  tags: ['Service'],
  summary: 'A description of the WebSocket of the hub',
  description: 'AsyncAPI 3.0.0; a readable page of it is at /docs/asyncapi.',
  querystring: NoQuery,
  response: yaml('asyncapi: 3.0.0'),
}

function yaml(example: string) {
  const schema = z.string().meta({ description: 'YAML.', example })
  return {
    200: { description: 'The document.', content: { [YAML_MEDIA_TYPE]: { schema } } },
    ...problems('method_not_allowed'),
  }
}

export interface Documents {
  /** openapi.yaml, of both listeners. */
  readonly openapi: () => string
  /** asyncapi.yaml, of the WebSocket. */
  readonly asyncapi: () => string
  /** docs/errors.md. */
  readonly errors: () => string
}

export const documentsRoutes: FastifyPluginAsyncZod<{ readonly documents: Documents }> = async (app, { documents }) => {
  const openapiYaml = encodedOnce(documents.openapi)
  const openapiJson = encodedOnce(documents.openapi, (text) => JSON.stringify(parse(text)))
  const asyncapiYaml = encodedOnce(documents.asyncapi)
  app.get('/openapi.yaml', { schema: openapi }, async (_request, reply) =>
    sendBytes(reply, YAML_MEDIA_TYPE, openapiYaml()),
  )
  app.get('/asyncapi.yaml', { schema: asyncapi }, async (_request, reply) =>
    sendBytes(reply, YAML_MEDIA_TYPE, asyncapiYaml()),
  )
  const pages = {
    '/docs/asyncapi': encodedOnce(documents.asyncapi, asyncApiPage),
    '/docs/errors': encodedOnce(documents.errors, (text) => markdownPage('Hermes: refusals and close codes', text)),
  }
  for (const [path, page] of Object.entries(pages))
    app.get(path, { schema: { hide: true } }, async (_request, reply) =>
      sendBytes(reply.header('content-security-policy', policyText()), HTML_MEDIA_TYPE, page()),
    )
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null, docExpansion: 'list', deepLinking: true },
    theme: { title: 'Hermes API' },
    staticCSP: CONTENT_SECURITY_POLICY,
    uiHooks: {
      preHandler(request, reply, next) {
        const { url } = request.routeOptions
        if (url === '/docs/json') sendBytes(reply, JSON_MEDIA_TYPE, openapiJson())
        else if (url === '/docs/yaml') sendBytes(reply, YAML_MEDIA_TYPE, openapiYaml())
        else next()
      },
    },
  })
}

function sendBytes(reply: FastifyReply, type: string, bytes: Buffer): FastifyReply {
  return reply.type(type).send(bytes)
}
