import type { AuditEntry } from '../../../wire/administration.js'
import { UsageError } from '../../command.js'
import { table } from '../../table.js'
import type { PeopleCommand } from '../command.js'

const PAGE = 500

export const audit: PeopleCommand = {
  name: 'audit',
  summary: 'shows what was done with your account and your locked key',
  options: { after: { value: 'SEQ', description: 'only rows behind this one' } },
  async run({ options: { after = '0' }, session }) {
    if (!/^\d{1,15}$/.test(after)) throw new UsageError(`--after must be the number of a row, not ${after}`)
    const { account } = await session.open()
    const entries: AuditEntry[] = []
    for (let page = await account.audit({ after: Number(after), limit: PAGE }); ; ) {
      entries.push(...page.entries)
      if (!page.more || page.entries.length === 0) break
      page = await account.audit({ after: entries.at(-1)?.seq ?? 0, limit: PAGE })
    }
    const headers = ['SEQ', 'AT', 'ACTOR', 'ACTION', 'DETAILS']
    return { json: { entries }, text: (columns) => table(headers, entries.map(rowOf), columns) }
  },
}

function rowOf({ seq, at, actor, action, details }: AuditEntry) {
  const text = Object.entries(details).map(([name, value]) => `${name}=${value}`)
  return [String(seq), `${at.slice(0, 19).replace('T', ' ')}Z`, actor, action, text.join(' ')]
}
