import type { FastifyInstance } from 'fastify'
import { HermesError } from '../../errors.js'
import { decodeBody } from './json-body.js'

export const FORM_MEDIA_TYPE = 'application/x-www-form-urlencoded'

/** More than any body here has; a form of very many would hold the event loop. */
const FIELDS_MAX = 32

/** Of a field's name, as a refusal repeats it. */
const NAME_CHARACTERS = 64

/** Takes forms as well: an object of strings. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(FORM_MEDIA_TYPE, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, parseForm(decodeBody(body as Buffer)))
  })
}

/**
 * Fields of a form; refused when there are too many, or one comes twice, has neither name nor value, or is not UTF-8
 * behind its percent signs. An empty body has no fields.
 */
export function parseForm(text: string): Readonly<Record<string, string>> {
  const fields = new Map<string, string>()
  const pairs = text === '' ? [] : text.split('&', FIELDS_MAX + 1)
  if (pairs.length > FIELDS_MAX) throw new HermesError('invalid_request', `A form may have ${FIELDS_MAX} fields`)
  for (const pair of pairs) {
    // curl sends nothing at all between two & for a file that it cannot read.
    if (pair === '') throw new HermesError('invalid_request', 'A field of the form is empty: was its file read?')
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    if (fields.has(name)) throw repeated(name.slice(0, NAME_CHARACTERS))
    fields.set(name, decode(equals < 0 ? '' : pair.slice(equals + 1)))
  }
  return Object.fromEntries(fields)
}

function repeated(path: string): HermesError {
  const errors = [{ path, message: 'may be given once' }]
  return new HermesError('invalid_request', 'A field of a form may be given once', { errors })
}

/** URLSearchParams would put U+FFFD for what is not UTF-8, and so change a password silently. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (error) {
    throw new HermesError('invalid_request', 'A form must be percent-encoded UTF-8', { cause: error })
  }
}
