import fc from 'fast-check'
import t from 'tap'
import { AUDIT_ACTIONS, type AuditRecord, auditHash, NO_HEAD } from '../../src/store/audit.js'
import { AuditChain } from '../../src/store/audit-chain.js'

/** A log of so many rows, as it was written. */
function log(rows: number, seed = 0): AuditRecord[] {
  const records: AuditRecord[] = []
  for (let seq = 1; seq <= rows; seq += 1) {
    const previousHash = records.at(-1)?.hash ?? NO_HEAD.hash
    const at = new Date(1_800_000_000_000 + seq * 1000 + seed)
    const action = AUDIT_ACTIONS[seq % AUDIT_ACTIONS.length] ?? 'register'
    const row = { seq, at, actor: 'alice', action, subject: 'alice', details: `{"address":"192.0.2.${seq}"}` }
    records.push({ ...row, previousHash, hash: auditHash({ ...row, previousHash }) })
  }
  return records
}

function verdict(records: readonly AuditRecord[], head: string | null = null) {
  const chain = new AuditChain(head)
  chain.follow(records)
  return { broken: chain.end(), good: chain.head.seq }
}

/** With one row as `change` makes it. */
function withRow(records: readonly AuditRecord[], seq: number, change: (row: AuditRecord) => AuditRecord) {
  return records.map((row) => (row.seq === seq ? change(row) : row))
}

t.test('a row that has no time any more', (t) => {
  const records = withRow(log(5), 3, (row) => ({ ...row, at: new Date(Number.NaN) }))
  t.match(verdict(records), { broken: { seq: 3, reason: 'Row 3 was changed' }, good: 2 })
  t.end()
})

t.test('a log that is as it was written, page by page, from nothing on', (t) => {
  t.same(verdict([]), { broken: null, good: 0 })
  const records = log(10)
  const chain = new AuditChain(records[4]?.hash ?? '')
  t.equal(chain.follow(records.slice(0, 3)), true)
  t.equal(chain.follow(records.slice(3)), true)
  t.equal(chain.end(), null)
  t.same(chain.head, { seq: 10, hash: records[9]?.hash })
  t.end()
})

const CHANGES: { readonly [K in keyof AuditRecord]?: (row: AuditRecord) => AuditRecord[K] } = {
  at: ({ at }) => new Date(at.getTime() + 1),
  actor: () => 'mallory',
  action: () => 'unlock',
  subject: () => 'bob',
  details: ({ details }) => `${details} `,
  previousHash: () => 'f'.repeat(64),
  hash: () => 'f'.repeat(64),
}

t.test('any column of any row that is changed is found and named', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(...Object.entries(CHANGES)),
      (seq, [column, change]) => {
        const { broken } = verdict(withRow(log(8), seq, (row) => ({ ...row, [column]: change(row) })))
        return broken?.seq === seq && broken.reason === `Row ${seq} was changed`
      },
    ),
  )
  t.end()
})

t.test('a row that was replaced, hash and all, does not fit the next', (t) => {
  const forged = withRow(log(5), 3, (row) => {
    const changed = { ...row, actor: 'mallory' }
    return { ...changed, hash: auditHash(changed) }
  })
  t.match(verdict(forged), { broken: { seq: 4, reason: /does not follow row 3/ }, good: 3 })
  t.end()
})

t.test('a row that was dropped, and rows that changed places, are found', (t) => {
  t.same(verdict(log(5).filter(({ seq }) => seq !== 1)).broken, { seq: 1, reason: 'Row 1 is missing' })
  t.same(verdict(log(5).filter(({ seq }) => seq !== 3)).broken, { seq: 3, reason: 'Row 3 is missing' })
  const renumbered = log(5)
    .filter(({ seq }) => seq !== 3)
    .map((row, index) => ({ ...row, seq: index + 1 }))
  t.same(verdict(renumbered).broken, { seq: 3, reason: 'Row 3 was changed' })
  const [first, second, third] = log(3)
  if (!first || !second || !third) throw new Error('there are three')
  t.same(verdict([first, { ...third, seq: 2 }, { ...second, seq: 3 }]).broken, { seq: 2, reason: 'Row 2 was changed' })
  t.end()
})

t.test('a tail that is missing shows by a hash that was seen, and by nothing else', (t) => {
  const records = log(5)
  const last = records.at(-1)?.hash ?? ''
  const cut = records.slice(0, 3)
  t.equal(verdict(cut).broken, null, 'nothing in what is left tells')
  t.match(verdict(cut, last), { broken: { seq: 4, reason: /is missing: the log was cut off/ }, good: 3 })
  t.equal(verdict(records, last).broken, null)
  t.equal(verdict(records, records[1]?.hash ?? '').broken, null, 'also one that others have followed')
  t.match(verdict(log(9, 1), last).broken, { seq: 10 }, 'a log that was begun anew')
  t.equal(verdict([], NO_HEAD.hash).broken, null)
  t.end()
})
