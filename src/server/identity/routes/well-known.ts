import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { ServerConfiguration } from '../../../wire/well-known.js'
import { problems } from '../../http/problems.js'
import { JSON_MEDIA_TYPE, NoQuery } from '../media-types.js'

const schema = {
  operationId: 'fetchServerConfiguration',
  tags: ['Service'],
  summary: 'What a client needs to know of the server',
  description: 'Where the listeners are, the root to pin, the limits, and what is asked of a locked private key.',
  querystring: NoQuery,
  response: {
    200: { description: 'The configuration.', content: { [JSON_MEDIA_TYPE]: { schema: ServerConfiguration } } },
    ...problems('method_not_allowed'),
  },
}

/** `configuration` is asked for each request, since ports may be known only when both listeners listen. */
export const wellKnownRoute: FastifyPluginAsyncZod<{ readonly configuration: () => ServerConfiguration }> = async (
  app,
  { configuration },
) => {
  app.get('/.well-known/hermes', { schema }, async () => configuration())
}
