import t from 'tap'
import type { Invocation } from '../../../src/cli/admin/command.js'
import { allPages, limitOf, pages, tailOf } from '../../../src/cli/admin/pages.js'
import { PAGE_MAX } from '../../../src/wire/administration.js'
import { listOf, USERS } from '../../support/paged-list.js'

const ALL = Number.POSITIVE_INFINITY

t.test('every item, page by page, or as many as are wanted', async (t) => {
  const { names, asked, connection } = listOf(2 * PAGE_MAX + 1)
  t.same(await allPages(connection, USERS, ALL), names)
  t.same(asked, [
    `/admin/users?limit=${PAGE_MAX}&colour=a%26b`,
    `/admin/users?limit=${PAGE_MAX}&colour=a%26b&after=${names[PAGE_MAX - 1]}`,
    `/admin/users?limit=${PAGE_MAX}&colour=a%26b&after=${names[2 * PAGE_MAX - 1]}`,
  ])
  for (const limit of [1, PAGE_MAX, PAGE_MAX + 1, 5000])
    t.same(await allPages(connection, USERS, limit), names.slice(0, limit), String(limit))
  t.same(await allPages(listOf(0).connection, USERS, ALL), [])
})

t.test('a page is asked for when the one before was taken', async (t) => {
  const { asked, connection } = listOf(3 * PAGE_MAX)
  for await (const _ of pages(connection, USERS, ALL)) {
    t.equal(asked.length, 1)
    break
  }
})

t.test('who promises more and gives none is not asked for ever', async (t) => {
  const connection = { call: async () => ({ users: [], more: true }), close: async () => {} }
  t.same(await allPages(connection, USERS, ALL), [])
})

t.test('the last items of a list', async (t) => {
  for (const total of [0, 1, PAGE_MAX, 2 * PAGE_MAX, 2 * PAGE_MAX + 7]) {
    const { names, connection } = listOf(total)
    for (const last of [1, 7, 8, PAGE_MAX - 1, PAGE_MAX, PAGE_MAX + 8, 5000]) {
      const tail = await tailOf(connection, USERS, last)
      t.same(await allPages(connection, tail, ALL), names.slice(-last), `${last} of ${total}`)
    }
  }
})

t.test('the number of --limit', async (t) => {
  const of = (limit?: string) => limitOf({ options: { limit } } as unknown as Invocation)
  t.equal(of(), Number.POSITIVE_INFINITY)
  t.equal(of('25'), 25)
  for (const limit of ['0', '-1', '1.5', 'all', '', '1e3', '9999999999'])
    t.throws(() => of(limit), { name: 'UsageError', message: /--limit must be a whole number from 1/ }, limit)
})
