import type { Contact } from '../../../client/index.js'
import type { Answer } from '../../command.js'
import { minute, table } from '../../table.js'
import type { PeopleCommand } from '../command.js'
import { typedFingerprint } from '../typed-fingerprint.js'

const USERNAME = { name: 'username', description: 'whose' }

export const fetch: PeopleCommand = {
  name: 'fetch',
  summary: "verifies somebody's certificate, and shows its fingerprint",
  operands: [USERNAME],
  async run({ operands: [username = ''], session }) {
    const client = await session.open()
    return shown(await client.people.fetch(username))
  },
}

export const trust: PeopleCommand = {
  name: 'trust',
  summary: 'says that you compared a fingerprint with somebody',
  operands: [USERNAME, { name: 'fingerprint', description: 'as he told you: "sha256:" and 64 hex digits' }],
  async run({ operands: [username = '', fingerprint = ''], session }) {
    const typed = typedFingerprint('<fingerprint>', fingerprint)
    const client = await session.open()
    return shown(await client.people.trust(username, typed))
  },
}

export const people: PeopleCommand = {
  name: 'people',
  summary: 'lists those whose certificates this device remembers',
  async run({ session }) {
    const contacts = (await session.open()).people.list()
    const rows = contacts.map(({ username, fingerprint, compared, since }) => [
      username,
      compared ? 'yes' : 'no',
      minute(since),
      fingerprint,
    ])
    return {
      json: { people: contacts },
      text: (columns) => table(['USERNAME', 'COMPARED', 'SINCE', 'FINGERPRINT'], rows, columns),
    }
  },
}

function shown(person: Contact): Answer {
  const { username, fingerprint, compared } = person
  const advice = `Not compared yet: have ${username} read it to you, then "hermes trust ${username} ${fingerprint}"`
  const text = `${fingerprint}\n${compared ? `You compared it with ${username}.` : advice}\n`
  return { json: { person }, text: () => text }
}
