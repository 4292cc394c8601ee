import { z } from 'zod'
import { FORM_MEDIA_TYPE } from '../http/form-body.js'

export const JSON_MEDIA_TYPE = 'application/json'
export const PEM_MEDIA_TYPE = 'application/x-pem-file'
/** DER of one certificate [RFC 2585 4.1]. */
export const DER_MEDIA_TYPE = 'application/pkix-cert'

/** What bodies of the identity listener may be. */
export const BODY_MEDIA_TYPES = [JSON_MEDIA_TYPE, FORM_MEDIA_TYPE]

export const PemFile = z
  .string()
  .meta({ description: 'PEM.', example: '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n' })

export const DerFile = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array)
  .meta({ type: 'string', format: 'binary', description: 'DER.' })

/** The query of a route that takes none: parameters that no schema knows are refused. */
export const NoQuery = z.strictObject({})
