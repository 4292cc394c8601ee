import { z } from 'zod'
import { CertificatePem, Fingerprint, SerialNumber, Timestamp, Username } from './formats.js'
import { RevocationReason } from './upkeep.js'

/** Rows of one page, at most and by default: what holds the event loop for ten milliseconds at the most. */
export const PAGE_MAX = 500
const PAGE_DEFAULT = 100

const limit = z
  .int()
  .min(1, `must be from 1 to ${PAGE_MAX}`)
  .max(PAGE_MAX, `must be from 1 to ${PAGE_MAX}`)
  .default(PAGE_DEFAULT)
  .meta({ description: 'How many at most.', example: 100 })

const more = z.boolean().meta({ description: 'Whether there are others behind the last.' })

export const Role = z.enum(['user', 'administrator']).meta({ description: 'What a user may do.', example: 'user' })
export type Role = z.infer<typeof Role>

export const AccountStatus = z.enum(['active', 'disabled', 'deleted'])

export const CertificateStatus = z.enum(['active', 'revoked', 'superseded', 'expired']).meta({
  description: 'The first that holds of revoked, superseded (another key took its place), expired; else active.',
  example: 'active',
})
export type CertificateStatus = z.infer<typeof CertificateStatus>

export const IssuedCertificate = z
  .object({
    username: Username,
    serialNumber: SerialNumber,
    fingerprint: Fingerprint,
    status: CertificateStatus,
    notBefore: Timestamp,
    notAfter: Timestamp,
    authorisedBy: z
      .enum(['registration', 'key', 'password'])
      .meta({ description: 'What it was issued upon: registration, the key of the one before, or the password.' }),
    previous: Fingerprint.optional().meta({ description: 'Of the certificate that it renews.' }),
    supersededAt: Timestamp.optional().meta({ description: 'From when it is refused for the sake of a newer key.' }),
    revokedAt: Timestamp.optional(),
    revocationReason: z.string().optional().meta({ description: 'As in RFC 5280 5.3.1.', example: 'superseded' }),
  })
  .meta({ id: 'IssuedCertificate', description: 'A certificate that was issued to a user.' })
export type IssuedCertificate = z.infer<typeof IssuedCertificate>

export const IssuedCertificateDetails = IssuedCertificate.extend({ certificate: CertificatePem }).meta({
  id: 'IssuedCertificateDetails',
})
export type IssuedCertificateDetails = z.infer<typeof IssuedCertificateDetails>

export const Account = z
  .object({
    username: Username,
    role: Role,
    status: AccountStatus,
    createdAt: Timestamp,
    disabledAt: Timestamp.optional(),
    deletedAt: Timestamp.optional(),
    deletionAt: Timestamp.optional().meta({ description: 'When a deletion that was asked for is due.' }),
    certificate: IssuedCertificate.meta({ description: 'The newest.' }),
  })
  .meta({ id: 'Account', description: 'A user as administrators see him.' })
export type Account = z.infer<typeof Account>

export const LoginFailures = z
  .object({
    address: z.string().meta({ description: 'An IPv4 address, or an IPv6 prefix of 64 bits.', example: '192.0.2.1' }),
    count: z.int().meta({ description: 'Wrong passwords since then.', example: 3 }),
    since: Timestamp,
    lockedUntil: Timestamp.optional().meta({ description: 'Until when no password is taken from this address.' }),
  })
  .meta({ id: 'LoginFailures' })

export const AccountDetails = Account.extend({
  hasPrivateKey: z.boolean().meta({ description: 'Whether a locked private key is kept.' }),
  loginFailures: z.array(LoginFailures).meta({ description: 'Wrong passwords that still count, by address.' }),
}).meta({ id: 'AccountDetails' })
export type AccountDetails = z.infer<typeof AccountDetails>

/** Of what is a timestamp by its form: whether there is such a day and time. */
function isInCalendar(text: string): boolean {
  const time = new Date(text)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 19))
}

export const UsersQuery = z.strictObject({
  role: Role.optional().meta({ description: 'Only users who have it.' }),
  after: Username.optional().meta({ description: 'The last username of the page before.' }),
  limit,
})
export type UsersQuery = z.infer<typeof UsersQuery>

export const UserList = z.object({ users: z.array(Account), more }).meta({ id: 'UserList' })
export type UserList = z.infer<typeof UserList>

export const CertificatesQuery = z.strictObject({
  status: CertificateStatus.optional(),
  expiresBefore: Timestamp.refine(isInCalendar, 'must be a time of the calendar').optional().meta({
    description: 'Only certificates that end before.',
    example: '2027-01-02T00:00:00Z',
  }),
  username: Username.optional().meta({ description: 'Only those of this user.' }),
  after: SerialNumber.optional().meta({ description: 'Serial number of the last one of the page before.' }),
  limit,
})
export type CertificatesQuery = z.infer<typeof CertificatesQuery>

export const CertificateList = z
  .object({ certificates: z.array(IssuedCertificate), more })
  .meta({ id: 'CertificateList', description: 'By the end of their validity.' })
export type CertificateList = z.infer<typeof CertificateList>

/** Names one certificate. */
export const CertificateName = z
  .union([SerialNumber, Fingerprint])
  .meta({ description: 'Serial number or fingerprint.', example: '4f1c0a7b9d3e5f60718293a4b5c6d7e8f901' })

export const AdministratorReason = z.enum([...RevocationReason.options, 'privilegeWithdrawn']).meta({
  description: `${RevocationReason.meta()?.description} privilegeWithdrawn says that the user may no longer.`,
  example: 'privilegeWithdrawn',
})

export const AdministratorRevokeRequest = z
  .strictObject({
    serialNumber: SerialNumber.optional().meta({
      description: 'Of the certificate to revoke.',
      example: '4f1c0a7b9d3e5f60718293a4b5c6d7e8f901',
    }),
    reason: AdministratorReason,
  })
  .meta({
    id: 'AdministratorRevokeRequest',
    description: 'Without `serialNumber` the newest of the user, and every other that has not ended.',
  })
export type AdministratorRevokeRequest = z.infer<typeof AdministratorRevokeRequest>

export const RevokedCertificates = z
  .object({
    serialNumbers: z
      .array(SerialNumber)
      .meta({ description: 'Of the certificates that were good until now; what was revoked before stays as it is.' }),
  })
  .meta({ id: 'RevokedCertificates' })
export type RevokedCertificates = z.infer<typeof RevokedCertificates>

export const GrantRequest = z.strictObject({ role: Role }).meta({ id: 'GrantRequest' })
export type GrantRequest = z.infer<typeof GrantRequest>

/** Lower-case hex. */
export const Hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits, as an earlier verification answered in head.hash')
  .meta({ description: 'SHA-256.', example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' })

/** Told as it stands in the table, even where somebody changed it, which is the verification's to say. */
const asStored = (form: z.ZodString) => z.string().meta({ ...form.meta() })

export const AuditDetails = z.record(z.string(), z.union([z.string(), z.number()])).meta({
  description:
    'What proved who it was (`certificate`: fingerprint, or `address`: by password), and what it was; `unreadable` is what somebody made of it.',
  example: { address: '192.0.2.1' },
})
export type AuditDetails = z.infer<typeof AuditDetails>

export const AuditEntry = z
  .object({
    seq: z.int().min(1).meta({ description: 'From 1 on, without a hole.', example: 42 }),
    at: Timestamp,
    actor: z.string().meta({
      description:
        "A username, or `@operator` (on the server's own machine), `@server` (by itself), `@unknown` (a wrong password).",
      example: 'alice',
    }),
    action: z.string().meta({ description: 'What was done.', example: 'fetch-my' }),
    subject: z.string().meta({
      description: 'Whose account it is about; of a CA @ and its name, `@server` of the certificate of the server.',
      example: 'alice',
    }),
    details: AuditDetails,
    previousHash: asStored(Hash.meta({ description: 'Of the row before, 64 zeros for the first.' })),
    hash: asStored(
      Hash.meta({
        description:
          'SHA-256 over the JSON array of previousHash, seq, at, actor, action, subject, and details as JSON text.',
      }),
    ),
  })
  .meta({ id: 'AuditEntry', description: 'A row of the audit log.' })
export type AuditEntry = z.infer<typeof AuditEntry>

const seqCursor = z
  .int()
  .min(0, 'must be 0 or more')
  .max(Number.MAX_SAFE_INTEGER)
  .default(0)
  .meta({ description: 'Only rows behind this seq.', example: 0 })

export const OwnAuditQuery = z.strictObject({ after: seqCursor, limit })
export type OwnAuditQuery = z.infer<typeof OwnAuditQuery>

export const AuditQuery = OwnAuditQuery.extend({ username: Username.optional() })
export type AuditQuery = z.infer<typeof AuditQuery>

const seq = z.int().min(0).meta({ description: 'Number of a row; 0 before the first.', example: 42 })

const AuditHead = z.object({ seq, hash: asStored(Hash) })

export const AuditList = z
  .object({
    entries: z.array(AuditEntry),
    more,
    head: AuditHead.meta({
      description:
        'The newest row of the whole log: keep it, and `hermes admin audit verify --head` finds what is missing.',
    }),
  })
  .meta({ id: 'AuditList', description: 'A page of the audit log, oldest first.' })
export type AuditList = z.infer<typeof AuditList>

export const AuditVerificationQuery = z.strictObject({
  head: Hash.optional().meta({ description: 'The hash of a row that was the newest once, and must be there still.' }),
})
export type AuditVerificationQuery = z.infer<typeof AuditVerificationQuery>

export const AuditVerification = z
  .object({
    head: AuditHead.meta({ description: 'The last row that is as it was written; seq 0 for none.' }),
    broken: z
      .object({ seq, reason: z.string().meta({ description: 'A sentence.', example: 'Row 43 was changed' }) })
      .optional()
      .meta({ description: 'The first row that is not; absent where all are.' }),
  })
  .meta({ id: 'AuditVerification', description: 'Whether the audit log is as it was written.' })
export type AuditVerification = z.infer<typeof AuditVerification>
