import type { IssuedCertificate } from '../../../wire/administration.js'
import { minute, table } from '../../table.js'
import type { AdminCommand } from '../command.js'
import { listAnswer } from '../list-answer.js'
import { LIMIT, limitOf } from '../pages.js'
import { TIME, timeOf } from '../time.js'

const HEADERS = ['USERNAME', 'SERIAL NUMBER', 'STATUS', 'UNTIL']

export const listCertificates: AdminCommand = {
  name: 'list-certificates',
  summary: "lists users' certificates by the end of their validity",
  options: {
    status: {
      value: 'STATUS',
      allowed: ['active', 'revoked', 'superseded', 'expired'],
      description: 'only certificates that have it',
    },
    'expires-before': { value: 'TIME', description: `only certificates that end before; ${TIME}` },
    username: { value: 'USERNAME', description: 'only certificates of this user' },
    limit: LIMIT,
  },
  async run(invocation) {
    const { status, username, 'expires-before': before } = invocation.options
    const expiresBefore = before && timeOf('--expires-before', before, new Date())
    const listing = {
      path: '/admin/certificates',
      member: 'certificates',
      query: { status, username, expiresBefore },
      cursorOf: ({ serialNumber }: IssuedCertificate) => serialNumber,
    }
    return listAnswer(await invocation.connect(), listing, limitOf(invocation), { headers: HEADERS, rowOf })
  },
}

export function certificateTable(certificates: readonly IssuedCertificate[], columns: number): string {
  return table(HEADERS, certificates.map(rowOf), columns)
}

function rowOf({ username, serialNumber, status, notAfter }: IssuedCertificate) {
  return [username, serialNumber, status, minute(notAfter)]
}
