import fc from 'fast-check'
import t from 'tap'
import { hasTooManyValues, JSON_VALUES_MAX } from '../../../src/server/http/json-values.js'

const MANY = JSON_VALUES_MAX + 2

t.test('members, elements and nesting count', async (t) => {
  const members = Object.fromEntries(Array.from({ length: MANY }, (_, n) => [`k${n}`, n]))
  t.ok(hasTooManyValues(JSON.stringify(members)))
  t.ok(hasTooManyValues(JSON.stringify(Array(MANY).fill(1))))
  t.ok(hasTooManyValues('['.repeat(MANY)))
  t.ok(hasTooManyValues('{"a":'.repeat(MANY)))
  t.ok(hasTooManyValues(`{"a\\\\":"${'x'.repeat(MANY)}\\"",${'"\\"":{},'.repeat(MANY)}`), 'behind any string')
})

t.test('what stands in a string does not', async (t) => {
  for (const payload of ['{', '[', ',', '\\', '"', '\\"', '","', '"{', '\n', '\u00e9,', '\ud83d\ude00[']) {
    const text = JSON.stringify({ payload: payload.repeat(65_536), more: payload })
    t.notOk(hasTooManyValues(text), JSON.stringify(payload))
  }
})

t.test('as a parser counts', async () => {
  const count = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, inner) => sum + Math.max(1, count(inner)), 1)
      : 0
  const padding = 'x'.repeat(JSON_VALUES_MAX)
  const string = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', '[', ',', 'é'), maxLength: 6 })
  const values = fc.array(fc.oneof(string, fc.dictionary(string, string, { maxKeys: 3 })), { maxLength: 20 })
  fc.assert(
    fc.property(values, (value) => {
      const nearly = [padding, ...value, ...Array(JSON_VALUES_MAX - 200).fill(0)]
      return !hasTooManyValues(JSON.stringify(nearly)) || count(nearly) > JSON_VALUES_MAX
    }),
  )
  fc.assert(
    fc.property(values, (value) => hasTooManyValues(JSON.stringify([padding, ...value, ...Array(MANY).fill(0)]))),
  )
})

t.test('text that ends within a string, or is none', async (t) => {
  for (const text of [
    '',
    '"',
    `"${'a'.repeat(MANY)}`,
    `"${'\\'.repeat(MANY)}`,
    `"\\"${'a'.repeat(MANY)}`,
    ' '.repeat(MANY),
  ])
    t.notOk(hasTooManyValues(text))
})
