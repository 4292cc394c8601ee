import { z } from 'zod'
import { CertificatePem, Fingerprint, SerialNumber, Timestamp, Username } from './formats.js'

/** The size of what is inside is policy, not shape: `csr_rejected` and `private_key_rejected` answer it. */
const pemText = (what: string) =>
  z
    .string()
    .refine((text) => text.isWellFormed(), 'must not hold lone surrogates')
    .meta({ description: what, example: '-----BEGIN …-----\nMIIB…\n-----END …-----\n' })

export const PASSWORD_RULE = 'at least 12 characters and at most 72 bytes of UTF-8, without NUL'

/** Of a password as it is sent. None that fits is so long, however decomposed, and NFC of much more takes minutes. */
const PASSWORD_CHARACTERS_MAX = 1024

/** A new server password, NFC-normalised by `identity/password.ts` before it is hashed; never cut. */
export const NewPassword = z
  .string()
  .max(PASSWORD_CHARACTERS_MAX, { error: `must be ${PASSWORD_RULE}`, abort: true })
  .refine((text) => text.isWellFormed(), 'must not hold lone surrogates')
  .refine((text) => !text.includes('\0'), `must be ${PASSWORD_RULE}`)
  .refine((text) => Array.from(text.normalize('NFC')).length >= 12, `must be ${PASSWORD_RULE}`)
  .refine((text) => Buffer.byteLength(text.normalize('NFC')) <= 72, `must be ${PASSWORD_RULE}`)
  .meta({ description: `The server password: ${PASSWORD_RULE}.`, format: 'password', example: 'correct horse battery' })

/** A password to be checked: anything that could be one; a wrong one is wrong, not malformed. */
export const Password = z
  .string()
  .max(PASSWORD_CHARACTERS_MAX, `must be at most ${PASSWORD_CHARACTERS_MAX} characters`)
  .refine((text) => text.isWellFormed(), 'must not hold lone surrogates')
  .meta({ description: 'The server password.', format: 'password', example: 'correct horse battery' })

export const EncryptedPrivateKey = pemText(
  'PKCS#8 ENCRYPTED PRIVATE KEY, PEM, locked with a second password that the server never learns.',
)

export const CertificateRequestPem = pemText('PKCS#10 certificate request, PEM, with subject CN=<username>.')

export const RegisterRequest = z
  .strictObject({
    username: Username,
    password: NewPassword,
    csr: CertificateRequestPem,
    encryptedPrivateKey: EncryptedPrivateKey.optional(),
  })
  .meta({ id: 'RegisterRequest' })
export type RegisterRequest = z.infer<typeof RegisterRequest>

export const FetchMyRequest = z.strictObject({ username: Username, password: Password }).meta({ id: 'FetchMyRequest' })
export type FetchMyRequest = z.infer<typeof FetchMyRequest>

export const IdentityStatus = z.enum(['valid', 'expired', 'revoked'])
export type IdentityStatus = z.infer<typeof IdentityStatus>

export const Identity = z
  .object({
    username: Username,
    certificate: CertificatePem,
    chain: CertificatePem.meta({ description: 'The issuing CA, so that certificate + chain is a file.' }),
    fingerprint: Fingerprint,
    serialNumber: SerialNumber,
    notBefore: Timestamp,
    notAfter: Timestamp,
    status: IdentityStatus,
  })
  .meta({ id: 'Identity', description: 'A user and his newest certificate.' })
export type Identity = z.infer<typeof Identity>

export const OwnIdentity = Identity.extend({ encryptedPrivateKey: EncryptedPrivateKey }).meta({ id: 'OwnIdentity' })
export type OwnIdentity = z.infer<typeof OwnIdentity>
