import type { AuditEntry, AuditVerification } from '../../../wire/administration.js'
import { UsageError } from '../../command.js'
import { table } from '../../table.js'
import type { AdminCommand } from '../command.js'
import { allPages, LIMIT, limitOf } from '../pages.js'

const HEADERS = ['SEQ', 'AT', 'ACTOR', 'ACTION', 'ABOUT', 'DETAILS']

export const audit: AdminCommand = {
  name: 'audit',
  summary: 'shows who did what, oldest first; "audit verify" checks that nobody changed it',
  options: {
    username: { value: 'USERNAME', description: 'only what is about this user' },
    after: { value: 'SEQ', description: 'only rows behind this one' },
    limit: LIMIT,
  },
  async run(invocation) {
    const { username, after } = invocation.options
    if (after !== undefined && !/^\d{1,15}$/.test(after))
      throw new UsageError(`--after must be the number of a row, not ${after}`)
    const listing = {
      path: '/admin/audit',
      member: 'entries',
      query: { username, after },
      cursorOf: ({ seq }: AuditEntry) => String(seq),
    }
    const entries = await allPages(await invocation.connect(), listing, limitOf(invocation))
    return { json: { entries }, text: (columns) => table(HEADERS, entries.map(rowOf), columns) }
  },
}

function rowOf({ seq, at, actor, action, subject, details }: AuditEntry) {
  const text = Object.entries(details).map(([name, value]) => `${name}=${value}`)
  return [String(seq), `${at.slice(0, 19).replace('T', ' ')}Z`, actor, action, subject, text.join(' ')]
}

export const auditVerify: AdminCommand = {
  name: 'audit verify',
  summary: 'checks the audit log from its first row on, and names the first that was tampered with',
  options: {
    head: { value: 'HASH', description: 'the hash of a row that was the newest once, and must be there still' },
  },
  async run({ options: { head }, connect }) {
    const query = head === undefined ? '' : `?${new URLSearchParams({ head }).toString()}`
    const connection = await connect()
    const json = (await connection.call('GET', `/admin/audit/verification${query}`)) as AuditVerification
    return { json, text: () => sentence(json), exitCode: json.broken === undefined ? 0 : 1 }
  },
}

function sentence({ head, broken }: AuditVerification): string {
  if (broken !== undefined)
    return `${broken.reason}.\nRows 1 to ${head.seq} are as they were written; compare what follows with a backup.\n`
  return `${head.seq} rows, each as it was written. Keep the hash of the last:\n${head.hash}\n`
}
