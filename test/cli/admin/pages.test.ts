import t from 'tap'
import type { Invocation } from '../../../src/cli/admin/command.js'
import { allPages, limitOf } from '../../../src/cli/admin/pages.js'
import { PAGE_MAX } from '../../../src/wire/administration.js'

/** A list of so many names, and what was asked of it. */
function listOf(total: number) {
  const names = Array.from({ length: total }, (_, index) => `user-${String(index).padStart(6, '0')}`)
  const asked: string[] = []
  const call = async (_method: string, path: string) => {
    asked.push(path)
    const query = new URLSearchParams(path.split('?')[1])
    const [after, limit] = [query.get('after') ?? '', Number(query.get('limit'))]
    const behind = names.filter((name) => name > after)
    return { users: behind.slice(0, limit), more: behind.length > limit }
  }
  return { names, asked, connection: { call, close: async () => {} } }
}

const LISTING = {
  path: '/admin/users',
  member: 'users',
  query: { role: undefined, colour: 'a&b' },
  cursorOf: (name: string) => name,
}

t.test('every item, page by page, or as many as are wanted', async (t) => {
  const { names, asked, connection } = listOf(2 * PAGE_MAX + 1)
  t.same(await allPages(connection, LISTING, Number.POSITIVE_INFINITY), names)
  t.same(asked, [
    `/admin/users?limit=${PAGE_MAX}&colour=a%26b`,
    `/admin/users?limit=${PAGE_MAX}&colour=a%26b&after=${names[PAGE_MAX - 1]}`,
    `/admin/users?limit=${PAGE_MAX}&colour=a%26b&after=${names[2 * PAGE_MAX - 1]}`,
  ])
  for (const limit of [1, PAGE_MAX, PAGE_MAX + 1, 5000])
    t.same(await allPages(connection, LISTING, limit), names.slice(0, limit), String(limit))
  t.same(await allPages(listOf(0).connection, LISTING, Number.POSITIVE_INFINITY), [])
})

t.test('the number of --limit', async (t) => {
  const of = (limit?: string) => limitOf({ options: { limit } } as unknown as Invocation)
  t.equal(of(), Number.POSITIVE_INFINITY)
  t.equal(of('25'), 25)
  for (const limit of ['0', '-1', '1.5', 'all', '', '1e3', '9999999999'])
    t.throws(() => of(limit), { name: 'UsageError', message: /--limit must be a whole number from 1/ }, limit)
})
