import type { AccountDetails, IssuedCertificate, IssuedCertificateDetails } from '../../../wire/administration.js'
import type { Answer } from '../../command.js'
import { block, minute } from '../../table.js'
import type { AdminCommand } from '../command.js'
import type { Connection } from '../connection.js'
import { allPages } from '../pages.js'
import { SUBJECT_OPTIONS, subjectOf } from '../subject.js'
import { certificateTable } from './list-certificates.js'

export const show: AdminCommand = {
  name: 'show',
  summary: 'shows a user with all his certificates, or one certificate',
  operands: [{ name: 'name', description: 'a username, a serial number, or a fingerprint' }],
  options: SUBJECT_OPTIONS,
  async run({ operands: [name = ''], flags, connect }) {
    const connection = await connect()
    const subject = await subjectOf(connection, name, flags)
    return subject.kind === 'user' ? showUser(connection, subject.account) : showCertificate(subject.certificate)
  },
}

async function showUser(connection: Connection, user: AccountDetails): Promise<Answer> {
  const listing = {
    path: '/admin/certificates',
    member: 'certificates',
    query: { username: user.username },
    cursorOf: ({ serialNumber }: IssuedCertificate) => serialNumber,
  }
  const certificates = await allPages(connection, listing, Number.POSITIVE_INFINITY)
  return {
    json: { user, certificates },
    text: (columns) => `${block(userEntries(user))}\n${certificateTable(certificates, columns)}`,
  }
}

function userEntries(user: AccountDetails): [string, string | null][] {
  const failures = user.loginFailures.map(({ address, count, lockedUntil }): [string, string] => [
    'Wrong passwords',
    `${count} from ${address}${lockedUntil === undefined ? '' : `, which is locked out until ${minute(lockedUntil)}`}`,
  ])
  return [
    ['Username', user.username],
    ['Role', user.role],
    ['Status', user.status],
    ['Created', minute(user.createdAt)],
    ['Disabled', optional(user.disabledAt)],
    ['Deleted', optional(user.deletedAt)],
    ['To be deleted', optional(user.deletionAt)],
    ['Private key', user.hasPrivateKey ? 'kept, locked' : 'not kept'],
    ...failures,
  ]
}

function showCertificate(certificate: IssuedCertificateDetails): Answer {
  return { json: { certificate }, text: () => `${block(certificateEntries(certificate))}\n${certificate.certificate}` }
}

function certificateEntries(certificate: IssuedCertificate): [string, string | null][] {
  return [
    ['Username', certificate.username],
    ['Serial number', certificate.serialNumber],
    ['Fingerprint', certificate.fingerprint],
    ['Status', certificate.status],
    ['From', minute(certificate.notBefore)],
    ['Until', minute(certificate.notAfter)],
    ['Authorised by', certificate.authorisedBy],
    ['Renews', certificate.previous ?? null],
    ['Superseded', optional(certificate.supersededAt)],
    ['Revoked', optional(certificate.revokedAt)],
    ['Reason', certificate.revocationReason ?? null],
  ]
}

function optional(timestamp: string | undefined): string | null {
  return timestamp === undefined ? null : minute(timestamp)
}
