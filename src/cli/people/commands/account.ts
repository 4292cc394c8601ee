import { RevocationReason } from '../../../wire/upkeep.js'
import { minute } from '../../table.js'
import { confirm } from '../ask.js'
import type { PeopleCommand } from '../command.js'
import { KEY_PASSWORD, PASSWORD, PASSWORD_FD } from '../passwords.js'
import { untilStopped } from '../until-stopped.js'

export const renew: PeopleCommand = {
  name: 'renew',
  summary: 'renews your certificate; chat and listen do so by themselves',
  options: {
    'new-key': {
      description: 'under a new key, so that other devices must log in anew, in new profiles; asks for its password',
    },
  },
  async run({ flags, session, passwords }) {
    const client = await session.open()
    if (flags.has('new-key')) {
      const [keyPassword = ''] = await passwords({ ...KEY_PASSWORD, isNew: true })
      await client.account.renew({ keyPassword })
    } else await client.account.renew()
    const { identity } = await client.account.whoami()
    const { fingerprint, notAfter } = identity
    return { json: { fingerprint, notAfter }, text: () => `${fingerprint}\nIt is valid until ${minute(notAfter)}.\n` }
  },
}

export const revoke: PeopleCommand = {
  name: 'revoke',
  summary: 'revokes your certificate: it opens nothing any more',
  options: {
    reason: {
      value: 'REASON',
      allowed: RevocationReason.options,
      description: 'keyCompromise bars the key for good',
    },
    yes: { description: 'do it without asking' },
  },
  async run({ options: { reason }, flags, session, stop }) {
    const client = await session.open()
    const { fingerprint, username } = client
    const question = `Revoke the certificate of ${username}, and leave every conversation?`
    if (!flags.has('yes')) await untilStopped(stop, confirm(question))
    const parsed = RevocationReason.parse(reason ?? 'unspecified')
    await client.account.revoke(parsed)
    const text = `${fingerprint} is revoked.\n"hermes recover ${username}" gets another, with your password.\n`
    return { json: { fingerprint, reason: parsed }, text: () => text }
  },
}

export const changePassword: PeopleCommand = {
  name: 'change-password',
  summary: 'changes the password for the server; the one that locks the key stays',
  options: {
    'password-fd': PASSWORD_FD,
    'new-password-fd': { value: 'FD', description: 'file descriptor to read the new one from' },
  },
  async run({ session, passwords }) {
    const client = await session.open()
    const [password = '', newPassword = ''] = await passwords(PASSWORD, {
      option: 'new-password-fd',
      question: 'New password for the server',
      isNew: true,
    })
    await client.account.changePassword({ password, newPassword })
    return { json: { username: client.username }, text: () => 'The password for the server is another now.\n' }
  },
}
