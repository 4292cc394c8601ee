import { z } from 'zod'
import { Fingerprint, SerialNumber, Timestamp } from './formats.js'

/** An issuing CA by its name: the first of its kind has none but that. */
export const IssuerName = z
  .string()
  .regex(/^(users|servers)(-([2-9]|[1-9]\d{1,3}))?$/, 'must be users or servers, or one of those, - and a number')
  .meta({ description: 'The first has the name of its kind, those that follow a number.', example: 'users-2' })

export const AuthorityStatus = z.enum(['issues', 'good', 'revoked', 'retired'])

const AuthorityDescription = z.object({
  name: IssuerName,
  fingerprint: Fingerprint,
  status: AuthorityStatus,
  notBefore: Timestamp,
  notAfter: Timestamp,
})

/** The issuing CAs of an installation. */
export const AuthorityList = z.object({
  authorities: z.array(AuthorityDescription),
  /** Number of the root's CRL; null where there is none. */
  rootCrl: z.string().nullable(),
})
export type AuthorityList = z.infer<typeof AuthorityList>

export const ServerRevocationRequest = z.strictObject({ reason: z.enum(['keyCompromise', 'superseded']) })
export type ServerRevocationRequest = z.infer<typeof ServerRevocationRequest>

/** Of those that were good until now, and of the one in their place. */
export const RevokedServer = z.object({
  serialNumbers: z.array(SerialNumber),
  replacement: z.object({ serialNumber: SerialNumber, fingerprint: Fingerprint, notAfter: Timestamp }),
})
export type RevokedServer = z.infer<typeof RevokedServer>
