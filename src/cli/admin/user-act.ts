import type { Account } from '../../wire/administration.js'
import type { AdminCommand } from './command.js'

/** Where an act upon a user is done; what is no username is the server's to refuse. */
export function userPath(username: string, act: string): string {
  return `/admin/users/${encodeURIComponent(username)}/${act}`
}

/** A command that does one thing to a user, and answers him as he is then. */
export function userAct(name: string, summary: string, sentence: (user: Account) => string): AdminCommand {
  return {
    name,
    summary,
    operands: [{ name: 'username', description: 'the user' }],
    async run({ operands: [username = ''], connect }) {
      const user = (await (await connect()).call('POST', userPath(username, name), {})) as Account
      return { json: { user }, text: () => `${sentence(user)}\n` }
    },
  }
}
