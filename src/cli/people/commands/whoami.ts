import { block, minute } from '../../table.js'
import type { PeopleCommand } from '../command.js'

export const whoami: PeopleCommand = {
  name: 'whoami',
  summary: 'shows who you are, and the fingerprint that others compare',
  async run({ session }) {
    const client = await session.open()
    const { identity, device, role, deletionAt } = await client.account.whoami()
    const { username, fingerprint, notAfter } = identity
    const { rootFingerprint } = client
    const json = {
      profile: session.profile,
      username,
      fingerprint,
      device,
      role,
      notAfter,
      deletionAt,
      rootFingerprint,
    }
    const lines = [
      ['user', username],
      ['fingerprint', fingerprint],
      ['valid until', minute(notAfter)],
      ['role', role],
      ['device', device],
      ['deletion', deletionAt === undefined ? null : minute(deletionAt)],
      ['root', rootFingerprint],
      ['folder', session.directory],
    ] as const
    return { json, text: () => block(lines) }
  },
}
