import t from 'tap'
import { listAnswer } from '../../../src/cli/admin/list-answer.js'
import { type Row, table } from '../../../src/cli/table.js'
import { PAGE_MAX } from '../../../src/wire/administration.js'
import { listOf, USERS } from '../../support/paged-list.js'

const ALL = Number.POSITIVE_INFINITY
const HEADERS = ['NAME', 'LENGTH']
const rowOf = (name: string): Row => [name, name.endsWith('7') ? null : 'x'.repeat(Number(name.slice(-3)) % 17)]

const answerOf = (total: number, limit = ALL) => {
  const list = listOf(total)
  return { ...list, answer: listAnswer(list.connection, USERS, limit, { headers: HEADERS, rowOf }) }
}

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

t.test('what is written page by page is what a whole list would be', async (t) => {
  for (const total of [0, 1, PAGE_MAX, PAGE_MAX + 1, 2 * PAGE_MAX + 3]) {
    const { names, answer } = answerOf(total)
    for (const columns of [ALL, 20])
      t.equal(await joined(answer.text(columns)), table(HEADERS, names.map(rowOf), columns), `${total}, ${columns}`)
    t.equal(await joined(answer.json()), `${JSON.stringify({ users: names }, null, 2)}\n`, String(total))
  }
  const { names, answer } = answerOf(2 * PAGE_MAX, PAGE_MAX + 9)
  const some = names.slice(0, PAGE_MAX + 9)
  t.equal(await joined(answer.text(ALL)), table(HEADERS, some.map(rowOf), ALL))
  t.same(JSON.parse(await joined(answer.json())), { users: some })
})

t.test('objects stand in JSON as in a whole list', async (t) => {
  const items = [
    { a: 'one\ntwo\u2028', b: { c: [1, 2] } },
    { a: '', b: {} },
  ]
  const connection = { call: async () => ({ items, more: false }), close: async () => {} }
  const listing = { path: '/x', member: 'items', query: {}, cursorOf: () => '' }
  const answer = listAnswer(connection, listing, ALL, { headers: ['A'], rowOf: () => ['a'] })
  t.equal(await joined(answer.json()), `${JSON.stringify({ items }, null, 2)}\n`)
})

t.test('no more than one page is held', async (t) => {
  const json = answerOf(4 * PAGE_MAX)
  for await (const _ of json.answer.json()) {
    t.equal(json.asked.length, 1)
    break
  }
  const text = answerOf(4 * PAGE_MAX)
  const asked: number[] = []
  for await (const _ of text.answer.text(ALL)) asked.push(text.asked.length)
  t.same(asked, [4, 5, 6, 7, 8], 'measured first')
})

t.test('what is added while the columns are measured is not in the table', async (t) => {
  const { names, connection } = listOf(3)
  let calls = 0
  const growing = {
    ...connection,
    async call(method: string, path: string) {
      calls++
      if (calls === 2) names.push('user-999999')
      return connection.call(method, path)
    },
  }
  const answer = listAnswer(growing, USERS, ALL, { headers: HEADERS, rowOf })
  t.equal(await joined(answer.text(ALL)), table(HEADERS, names.slice(0, 3).map(rowOf), ALL))
})
