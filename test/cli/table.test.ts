import t from 'tap'
import { block, minute, table } from '../../src/cli/table.js'

const HEADERS = ['NAME', 'SERIAL NUMBER', 'UNTIL']
const ROWS = [
  ['alice', '4f1c0a7b9d3e5f60', '2027-01-02 03:04Z'],
  ['bob-the-builder', '00', null],
]

t.test('columns are as wide as they need', async (t) => {
  const expected = `
NAME             SERIAL NUMBER     UNTIL
alice            4f1c0a7b9d3e5f60  2027-01-02 03:04Z
bob-the-builder  00                -
`
  t.equal(`\n${table(HEADERS, ROWS, Number.POSITIVE_INFINITY)}`, expected)
  t.equal(`\n${table(HEADERS, ROWS, 52)}`, expected, 'they just fit')
})

t.test('where they do not fit, each row is a block, and nothing is cut off', async (t) => {
  const expected = `
NAME           alice
SERIAL NUMBER  4f1c0a7b9d3e5f60
UNTIL          2027-01-02 03:04Z

NAME           bob-the-builder
SERIAL NUMBER  00
`
  t.equal(`\n${table(HEADERS, ROWS, 51)}`, expected)
})

t.test('no rows, and very many', async (t) => {
  t.equal(table(HEADERS, [], 80), 'NAME  SERIAL NUMBER  UNTIL\n')
  const rows = Array.from({ length: 200_000 }, (_, index) => [String(index), '', ''])
  t.equal(table(HEADERS, rows, 80).split('\n').length, 200_002)
})

t.test('a block leaves out what has no value', async (t) => {
  t.equal(
    block([
      ['Name', 'alice'],
      ['Disabled', null],
      ['Role', 'user'],
    ]),
    'Name      alice\nRole      user\n',
  )
  t.equal(minute('2027-01-02T03:04:05.678Z'), '2027-01-02 03:04Z')
})
