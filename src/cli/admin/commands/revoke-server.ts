import { type RevokedServer, ServerRevocationRequest } from '../../../wire/authorities.js'
import { block, minute } from '../../table.js'
import type { AdminCommand } from '../command.js'

export const revokeServer: AdminCommand = {
  name: 'revoke-server',
  summary: "gives the server a new key and certificate, and revokes those that it had; the users' are not touched",
  options: {
    reason: {
      value: 'REASON',
      allowed: ServerRevocationRequest.shape.reason.options,
      description: 'keyCompromise unless said',
    },
  },
  async run({ options: { reason = 'keyCompromise' }, connect }) {
    const answer = await (await connect()).call('POST', '/admin/server-certificate/revoke', { reason })
    const { serialNumbers, replacement } = answer as RevokedServer
    const entries = [
      ...serialNumbers.map((serialNumber) => ['Revoked', serialNumber] as const),
      ['In their place', replacement.serialNumber],
      ['Fingerprint', replacement.fingerprint],
      ['Good until', minute(replacement.notAfter)],
    ] as const
    return { json: { serialNumbers, replacement }, text: () => block(entries) }
  },
}
