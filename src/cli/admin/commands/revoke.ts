import { AdministratorReason, type RevokedCertificates } from '../../../wire/administration.js'
import type { AdminCommand } from '../command.js'
import { SUBJECT_OPTIONS, subjectOf } from '../subject.js'
import { userPath } from '../user-act.js'

export const revoke: AdminCommand = {
  name: 'revoke',
  summary: 'revokes every certificate of a user, or one, and ends connections under them',
  operands: [{ name: 'name', description: 'a username, a serial number, or a fingerprint' }],
  options: {
    reason: {
      value: 'REASON',
      allowed: AdministratorReason.options,
      isRequired: true,
      description: 'why; keyCompromise bars the keys for good',
    },
    ...SUBJECT_OPTIONS,
  },
  async run({ operands: [name = ''], options: { reason }, flags, connect }) {
    const connection = await connect()
    const subject = await subjectOf(connection, name, flags)
    const { username, serialNumber } =
      subject.kind === 'user' ? { username: subject.account.username } : subject.certificate
    const body = { reason, ...(serialNumber !== undefined && { serialNumber }) }
    const revoked = (await connection.call('POST', userPath(username, 'revoke'), body)) as RevokedCertificates
    return { json: { username, ...revoked }, text: () => sentence(username, revoked, reason === 'keyCompromise') }
  },
}

function sentence(username: string, { serialNumbers }: RevokedCertificates, isBarred: boolean): string {
  const list =
    serialNumbers.length === 0
      ? `Nothing of ${username} was left to revoke.\n`
      : `Revoked of ${username}:\n${serialNumbers.map((serial) => `  ${serial}\n`).join('')}`
  const key = isBarred ? 'The key is barred for good. ' : ''
  return `${list}${key}He can get another by his password: "hermes admin disable ${username}" prevents that.\n`
}
