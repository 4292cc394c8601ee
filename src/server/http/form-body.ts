import type { FastifyInstance } from 'fastify'
import { type FieldError, HermesError } from '../../errors.js'
import { decodeBody } from './json-body.js'

export const FORM_MEDIA_TYPE = 'application/x-www-form-urlencoded'

/** Takes forms as well: an object of strings. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(FORM_MEDIA_TYPE, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, parseForm(decodeBody(body as Buffer)))
  })
}

/** Fields of a form; refused when one comes twice, or is not UTF-8 behind its percent signs. */
export function parseForm(text: string): Readonly<Record<string, string>> {
  const fields = new Map<string, string>()
  const errors: FieldError[] = []
  for (const pair of text.split('&').filter((part) => part !== '')) {
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    if (fields.has(name)) errors.push({ path: name, message: 'may be given once' })
    fields.set(name, decode(equals < 0 ? '' : pair.slice(equals + 1)))
  }
  if (errors.length > 0) throw new HermesError('invalid_request', 'A field of a form may be given once', { errors })
  return Object.fromEntries(fields)
}

/** URLSearchParams would put U+FFFD for what is not UTF-8, and so change a password silently. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (error) {
    throw new HermesError('invalid_request', 'A form must be percent-encoded UTF-8', { cause: error })
  }
}
