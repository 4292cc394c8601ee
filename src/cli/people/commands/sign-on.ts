import type { HermesClient } from '../../../client/index.js'
import { Username } from '../../../wire/formats.js'
import { type Answer, type Option, UsageError } from '../../command.js'
import type { Invocation, PeopleCommand } from '../command.js'
import { KEY_PASSWORD, PASSWORD, PASSWORD_FD } from '../passwords.js'

const OPTIONS: Readonly<Record<string, Option>> = {
  'password-fd': PASSWORD_FD,
  'lock-key': { description: 'the key stays locked on this device too: every command asks for its password' },
}

export const register: PeopleCommand = {
  name: 'register',
  summary: 'registers a new user; his key is kept locked for the next device',
  operands: [{ name: 'username', description: 'small letters, digits and . _ -' }],
  options: OPTIONS,
  async run({ operands: [username = ''], flags, session, passwords }) {
    checkUsername(username)
    const client = await session.open()
    const [password = '', keyPassword = ''] = await passwords(
      { ...PASSWORD, isNew: true },
      { ...KEY_PASSWORD, isNew: true },
    )
    await client.register({ username, password, keyPassword, lockKey: flags.has('lock-key') })
    return signedOn(client, `${username} is registered.`)
  },
}

export const login: PeopleCommand = {
  name: 'login',
  summary: 'makes this a device of a user there is',
  operands: [{ name: 'username', description: 'as registered' }],
  options: OPTIONS,
  async run(invocation) {
    const { client, ...given } = await identified(invocation)
    await client.login({ ...given, lockKey: invocation.flags.has('lock-key') })
    return signedOn(client, `This is a device of ${given.username} now.`)
  },
}

export const recover: PeopleCommand = {
  name: 'recover',
  summary: 'makes a new key by password alone; ends every membership',
  operands: [{ name: 'username', description: 'as registered' }],
  options: {
    ...OPTIONS,
    compromised: { description: 'the old key is in other hands: it is barred for good' },
  },
  async run(invocation) {
    const { flags } = invocation
    const { client, ...given } = await identified(invocation)
    const reason = flags.has('compromised') ? 'keyCompromise' : 'superseded'
    await client.recover({ ...given, lockKey: flags.has('lock-key'), reason })
    return signedOn(
      client,
      `${given.username} has a new key. Others must invite you anew, and are told that it changed.`,
    )
  },
}

/** Before anybody types four passwords for nothing. */
function checkUsername(username: string): void {
  const parsed = Username.safeParse(username)
  if (!parsed.success) throw new UsageError(`<username> ${parsed.error.issues[0]?.message}, not ${username}`)
}

async function identified({ operands: [username = ''], session, passwords }: Invocation) {
  const client = await session.open()
  const [password = '', keyPassword = ''] = await passwords(PASSWORD, KEY_PASSWORD)
  return { client, username, password, keyPassword }
}

function signedOn({ username, fingerprint, device }: HermesClient, sentence: string): Answer {
  const text = `${sentence} Others compare this fingerprint with you:\n${fingerprint}\n`
  return { json: { username, fingerprint, device }, text: () => text }
}
