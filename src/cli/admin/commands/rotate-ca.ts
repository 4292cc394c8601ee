import type { IssuerKind } from '../../../store/revocation-store.js'
import { block, minute } from '../../table.js'
import type { AdminCommand } from '../command.js'
import { howToCopy, takeAuthorities } from '../take-authorities.js'

export const rotateCa: AdminCommand = {
  name: 'rotate-ca',
  summary: 'makes the next CA of users or of servers, on the machine that has the key of the root; the old stays good',
  operands: [{ name: 'kind', description: 'users or servers', allowed: ['users', 'servers'] }],
  async run(invocation) {
    const { operands, config } = invocation
    const { makeSuccessor } = await import('../../../server/certificates/succession.js')
    const { certsDir: directory, caPassphraseFile: passphraseFile, pkiUrl } = config
    const succession = { directory, passphraseFile, pkiUrl, now: new Date() }
    const { name, certificate, files } = await makeSuccessor(operands[0] as IssuerKind, succession)
    const taken = await takeAuthorities(invocation)
    const isTaken = 'list' in taken && taken.list.authorities.some((one) => one.name === name)
    const { fingerprint, notBefore, notAfter } = certificate
    const json = { name, fingerprint, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString(), files }
    const entries = [
      ['CA', name],
      ['Fingerprint', fingerprint],
      ['Good until', minute(json.notAfter)],
      ...files.map((file) => ['File', file] as const),
    ] as const
    const next = isTaken ? 'Whatever is issued from now on is issued by it.\n' : howToCopy(taken, 'both files')
    return { json: { ...json, taken: isTaken }, text: () => `${block(entries)}${next}` }
  },
}
