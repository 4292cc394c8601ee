import { AUTHORITY_REASONS, type RevokedAuthority } from '../../../store/authority-store.js'
import { IssuerName } from '../../../wire/authorities.js'
import { UsageError } from '../../command.js'
import { block, minute } from '../../table.js'
import type { AdminCommand, Invocation } from '../command.js'
import { howToCopy, takeAuthorities } from '../take-authorities.js'

export const rootCrl: AdminCommand = {
  name: 'root-crl',
  summary: "makes the root's next CRL, for a year, on the machine that has the root's key",
  options: {
    revoke: { value: 'CA', description: 'a CA to revoke, such as users or servers-2, and all that it issued' },
    reason: { value: 'REASON', allowed: AUTHORITY_REASONS, description: 'why; cACompromise unless said' },
  },
  async run(invocation) {
    const { certsDir: directory, caPassphraseFile: passphraseFile } = invocation.config
    const revoke = revocationOf(invocation)
    const { renewRootCrl } = await import('../../../server/certificates/root-crl-renewal.js')
    const now = new Date()
    const { file, number, thisUpdate, nextUpdate } = await renewRootCrl({ directory, passphraseFile, now, revoke })
    const taken = await takeAuthorities(invocation)
    const isTaken = 'list' in taken && taken.list.rootCrl === String(number)
    const json = {
      file,
      number: String(number),
      thisUpdate: thisUpdate.toISOString(),
      nextUpdate: nextUpdate.toISOString(),
      ...(revoke && { revoked: revoke.name }),
      taken: isTaken,
    }
    const entries = [
      ['CRL', file],
      ['Number', json.number],
      ['Next by', minute(json.nextUpdate)],
      ...(revoke ? [['Revoked', revoke.name] as const] : []),
    ] as const
    const next = isTaken ? 'It is in force.\n' : howToCopy(taken, 'it')
    return { json, text: () => `${block(entries)}${next}` }
  },
}

function revocationOf({ options: { revoke, reason } }: Invocation): RevokedAuthority | null {
  if (revoke === undefined) {
    if (reason !== undefined) throw new UsageError('--reason says why a CA is revoked: name it with --revoke')
    return null
  }
  const name = IssuerName.safeParse(revoke)
  if (!name.success) throw new UsageError(`--revoke cannot be ${revoke}: it ${name.error.issues[0]?.message ?? ''}`)
  const because = AUTHORITY_REASONS.find((one) => one === reason) ?? 'cACompromise'
  return { name: revoke as RevokedAuthority['name'], reason: because }
}
