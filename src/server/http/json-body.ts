import type { FastifyInstance } from 'fastify'
import { HermesError } from '../../errors.js'
import { hasTooManyValues, JSON_VALUES_MAX } from './json-values.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The text of a body; refused unless it is UTF-8, so that no string is changed silently. */
export function decodeBody(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch (error) {
    throw new HermesError('invalid_request', 'The body must be UTF-8', { cause: error })
  }
}

/** Leaves `application/json` as the only media type of bodies. */
export function acceptJson(app: FastifyInstance): void {
  // Schemas are strict: they refuse `__proto__` as they do every member they do not know, and name it.
  const parse = app.getDefaultJsonParser('ignore', 'ignore')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decodeBody(body as Buffer)
    if (hasTooManyValues(text))
      throw new HermesError('invalid_request', `A body may have ${JSON_VALUES_MAX} members and elements`)
    void parse(request, text, done)
  })
}
