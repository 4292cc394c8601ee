import type { Account } from '../../../wire/administration.js'
import { minute } from '../../table.js'
import type { AdminCommand } from '../command.js'
import { listAnswer } from '../list-answer.js'
import { LIMIT, limitOf } from '../pages.js'

const HEADERS = ['USERNAME', 'ROLE', 'STATUS', 'CREATED', 'CERTIFICATE', 'UNTIL']

export const listUsers: AdminCommand = {
  name: 'list-users',
  summary: 'lists users by name, deleted ones too',
  options: {
    role: { value: 'ROLE', allowed: ['user', 'administrator'], description: 'only users who have it' },
    limit: LIMIT,
  },
  async run(invocation) {
    const { role } = invocation.options
    const listing = {
      path: '/admin/users',
      member: 'users',
      query: { role },
      cursorOf: ({ username }: Account) => username,
    }
    return listAnswer(await invocation.connect(), listing, limitOf(invocation), { headers: HEADERS, rowOf })
  },
}

function rowOf({ username, role, status, createdAt, certificate }: Account) {
  return [username, role, status, minute(createdAt), certificate.status, minute(certificate.notAfter)]
}
