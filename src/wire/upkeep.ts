import { z } from 'zod'
import { SerialNumber, Timestamp, Username } from './formats.js'
import { CertificateRequestPem, EncryptedPrivateKey, NewPassword, Password } from './identity.js'

const credentials = { username: Username, password: Password }

/** Those of RFC 5280 5.3.1 that the owner of a certificate may give; the others are an authority's to give. */
export const RevocationReason = z
  .enum(['unspecified', 'keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation'])
  .meta({
    description:
      'Why, as in RFC 5280 5.3.1. keyCompromise revokes every certificate of the key and bars the key for good; the others say that it was replaced (superseded), is not used any more (cessationOfOperation), that its owner has another function (affiliationChanged), or nothing (unspecified).',
    example: 'superseded',
  })

export const ChangePasswordRequest = z
  .strictObject({ ...credentials, newPassword: NewPassword, encryptedPrivateKey: EncryptedPrivateKey.optional() })
  .meta({ id: 'ChangePasswordRequest' })
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>

export const EscrowRequest = z
  .strictObject({ ...credentials, encryptedPrivateKey: EncryptedPrivateKey })
  .meta({ id: 'EscrowRequest' })
export type EscrowRequest = z.infer<typeof EscrowRequest>

export const RecoverRequest = z
  .strictObject({
    ...credentials,
    csr: CertificateRequestPem,
    encryptedPrivateKey: EncryptedPrivateKey.optional(),
    reason: z.enum(['superseded', 'keyCompromise']).optional().meta({
      description: 'Of the certificates that it replaces; superseded when absent. keyCompromise bars their keys.',
      example: 'keyCompromise',
    }),
  })
  .meta({ id: 'RecoverRequest' })
export type RecoverRequest = z.infer<typeof RecoverRequest>

const OwnSerialNumber = SerialNumber.optional().meta({
  description: 'Of the certificate to revoke.',
  example: '4f1c0a7b9d3e5f60718293a4b5c6d7e8f901',
})

export const RevokeRequest = z
  .strictObject({ ...credentials, serialNumber: OwnSerialNumber, reason: RevocationReason })
  .meta({ id: 'RevokeRequest', description: 'Without `serialNumber` the newest certificate.' })
export type RevokeRequest = z.infer<typeof RevokeRequest>

export const DeleteAccountRequest = z.strictObject(credentials).meta({ id: 'DeleteAccountRequest' })
export type DeleteAccountRequest = z.infer<typeof DeleteAccountRequest>

export const RenewRequest = z
  .strictObject({ csr: CertificateRequestPem, encryptedPrivateKey: EncryptedPrivateKey.optional() })
  .meta({ id: 'RenewRequest' })
export type RenewRequest = z.infer<typeof RenewRequest>

export const RevokeOwnRequest = z
  .strictObject({ serialNumber: OwnSerialNumber, reason: RevocationReason })
  .meta({ id: 'RevokeOwnRequest', description: 'Without `serialNumber` the certificate of the connection.' })
export type RevokeOwnRequest = z.infer<typeof RevokeOwnRequest>

/** The body of a request that has nothing to say. */
export const NothingToSay = z.strictObject({}).meta({ id: 'NothingToSay' })

export const Deletion = z
  .object({ effectiveAt: Timestamp.meta({ description: 'When the account is deleted.' }) })
  .meta({ id: 'Deletion' })
export type Deletion = z.infer<typeof Deletion>
