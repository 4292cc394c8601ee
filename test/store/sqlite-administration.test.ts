import Database from 'better-sqlite3'
import t from 'tap'
import { administrationReads } from '../../src/store/reads/administration.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Work } from '../../src/store/work.js'
import { T0 } from './fixtures.js'

const STATUSES = ['active', 'revoked', 'superseded', 'expired', null] as const
const PAGE = { at: new Date(T0), expiresBefore: null, after: null, limit: 2 }

t.test('no page looks at more than it lists: every list goes by an index, and sorts nothing but the few', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  await (await openSqliteStore({ url: `file:${path}` })).close()
  const db = new Database(path)
  t.teardown(() => db.close())
  const plans: string[] = []
  /** Finds nothing. */
  const explain = async <T>(work: Work<T>) => {
    let step = work.next([])
    for (; step.done !== true; step = work.next([])) {
      const { sql, values } = step.value
      const given = Object.fromEntries(values.map((_, index) => [index + 1, 0]))
      const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      plans.push(...plan.all(given).map(({ detail }) => detail))
    }
    return step.value
  }
  const reads = administrationReads({ read: explain, snapshot: explain })
  for (const role of ['user', 'administrator', null] as const) await reads.listUsers({ role, after: null, limit: 2 })
  await reads.findUser('alice')
  await reads.findIssued('00')
  await reads.listLoginFailures('alice')
  for (const status of STATUSES) for (const userId of [null, 1]) await reads.listIssued({ ...PAGE, status, userId })
  t.ok(plans.length > 40)
  t.same(
    plans.filter((detail) => /^SCAN (?!listed)/.test(detail)),
    [],
    'no table is read whole',
  )
  const sorts = plans.filter((detail) => detail.includes('TEMP B-TREE'))
  t.equal(sorts.length, 3, 'only those that are superseded in the next minutes are sorted: active, expired and all')
})
