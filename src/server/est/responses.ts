import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { certsOnly } from '../../pki/certs-only.js'
import { decodePem } from '../../pki/pem.js'

const CERTS_ONLY_MEDIA_TYPE = 'application/pkcs7-mime'
/** [RFC 7030 4.1.3, 4.2.3] */
const CERTS_ONLY = `${CERTS_ONLY_MEDIA_TYPE}; smime-type=certs-only`
const CSR_ATTRIBUTES_MEDIA_TYPE = 'application/csrattrs'

const Base64 = z.string().meta({ description: 'DER in base64.', example: 'MIIBogYJKoZIhvcNAQcCoIIBkzCCAY8CAQEx…' })

export const certsOnlyResponse = (description: string) => ({
  description,
  content: { [CERTS_ONLY_MEDIA_TYPE]: { schema: Base64 } },
})

export const csrAttributesResponse = {
  description: 'CsrAttrs (RFC 7030 4.5.2).',
  content: { [CSR_ATTRIBUTES_MEDIA_TYPE]: { schema: Base64 } },
}

/** Certificates, each in PEM. A Buffer, since Fastify would add a charset to a string. */
export function sendCertificates(reply: FastifyReply, ...pems: readonly string[]): FastifyReply {
  const ders = pems.map((pem) => decodePem(pem, ['CERTIFICATE']))
  return reply.header('content-type', CERTS_ONLY).send(Buffer.from(certsOnly(ders).toString('base64')))
}

export function sendCsrAttributes(reply: FastifyReply, der: Buffer): FastifyReply {
  return reply.header('content-type', CSR_ATTRIBUTES_MEDIA_TYPE).send(Buffer.from(der.toString('base64')))
}
