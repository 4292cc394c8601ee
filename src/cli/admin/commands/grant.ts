import type { Account } from '../../../wire/administration.js'
import type { AdminCommand } from '../command.js'
import { userPath } from '../user-act.js'

export const grant: AdminCommand = {
  name: 'grant',
  summary: 'makes a user an administrator, or an ordinary user again',
  operands: [{ name: 'username', description: 'the user' }],
  options: {
    role: { value: 'ROLE', allowed: ['user', 'administrator'], description: 'administrator unless said' },
  },
  async run({ operands: [username = ''], options: { role = 'administrator' }, connect }) {
    const user = (await (await connect()).call('POST', userPath(username, 'grant'), { role })) as Account
    return { json: { user }, text: () => `The role of ${user.username} is ${user.role}.\n` }
  },
}
