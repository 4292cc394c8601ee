import type { AuditEntry, AuditList, AuditVerification } from '../../../wire/administration.js'
import { UsageError } from '../../command.js'
import type { AdminCommand } from '../command.js'
import type { Connection } from '../connection.js'
import { listAnswer } from '../list-answer.js'
import { countOf, LIMIT, type Listing, limitOf, tailOf } from '../pages.js'

const HEADERS = ['SEQ', 'AT', 'ACTOR', 'ACTION', 'ABOUT', 'DETAILS']

export const audit: AdminCommand = {
  name: 'audit',
  summary: 'shows who did what, oldest first; "audit verify" checks that nobody changed it',
  options: {
    username: { value: 'USERNAME', description: 'only what is about this user' },
    after: { value: 'SEQ', description: 'only rows behind this one' },
    limit: LIMIT,
    last: { value: 'N', description: 'only the newest so many of these, oldest first' },
  },
  async run(invocation) {
    const { username, after, limit, last } = invocation.options
    if (after !== undefined && !/^\d{1,15}$/.test(after))
      throw new UsageError(`--after must be the number of a row, not ${after}`)
    if (limit !== undefined && last !== undefined) throw new UsageError('--limit and --last exclude each other')
    const [most, count] = [limitOf(invocation), last === undefined ? null : countOf('--last', last)]
    const connection = await invocation.connect()
    const listing = {
      path: '/admin/audit',
      member: 'entries',
      query: { username, after },
      cursorOf: ({ seq }: AuditEntry) => String(seq),
    }
    const shown = count === null ? listing : await newest(connection, listing, count)
    return listAnswer(connection, shown, most, { headers: HEADERS, rowOf })
  },
}

/** Of the whole log, which has no hole, the number of the newest row says where they begin. */
async function newest(connection: Connection, listing: Listing<AuditEntry>, count: number) {
  const { username, after } = listing.query
  if (username !== undefined) return tailOf(connection, listing, count)
  const { head } = (await connection.call('GET', '/admin/audit?limit=1')) as AuditList
  const begin = Math.max(Number(after ?? 0), head.seq - count)
  return { ...listing, query: { ...listing.query, after: String(begin) } }
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
  if (head.seq === 0 && broken !== undefined)
    return `${broken.reason}.\nCompare with a backup, and see whether HERMES_DATABASE_URL names the database you mean.\n`
  if (broken !== undefined)
    return `${broken.reason}.\nRows 1 to ${head.seq} are as they were written; compare what follows with a backup.\n`
  if (head.seq === 0) return 'The log has no row yet: there is nothing to verify, and no hash to keep.\n'
  return `${head.seq} rows, each as it was written. Keep the hash of the last:\n${head.hash}\n`
}
