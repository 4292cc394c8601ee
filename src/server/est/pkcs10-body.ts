import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { HermesError } from '../../errors.js'
import { encodePem } from '../../pki/pem.js'
import { decodeBody } from '../http/json-body.js'

/** [RFC 5967 2] */
export const PKCS10_MEDIA_TYPE = 'application/pkcs10'

export const Pkcs10 = z
  .string()
  .min(1, 'must be a certificate request: its DER in base64')
  .meta({ description: 'A PKCS #10 request: its DER in base64.', example: 'MIHYMIGAAgEAMAAwWTATBgcqhkjOPQIBBggqhkjO…' })

/** Leaves `application/pkcs10` as the only media type of bodies. */
export function acceptPkcs10(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(PKCS10_MEDIA_TYPE, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, decodeBody(body as Buffer))
  })
}

/**
 * A body as PEM. It is base64, whatever Content-Transfer-Encoding says, with or without line breaks [RFC 8951 3.1].
 * Throws `csr_rejected`.
 */
export function csrOf(body: string): string {
  const base64 = body.replaceAll(/[ \t\r\n]/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    throw new HermesError(
      'csr_rejected',
      'The certificate request must be its DER in base64, without the lines BEGIN and END of PEM',
    )
  return encodePem('CERTIFICATE REQUEST', Buffer.from(base64, 'base64'))
}
