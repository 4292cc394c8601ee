import t from 'tap'
import { timeOf } from '../../../src/cli/admin/time.js'

const NOW = new Date('2027-01-02T03:04:05.678Z')

t.test('a day, a time, or days from now', async (t) => {
  t.equal(timeOf('--before', '2027-01-31', NOW), '2027-01-31T00:00:00Z')
  t.equal(timeOf('--before', '2027-01-31T12:00:00Z', NOW), '2027-01-31T12:00:00Z')
  t.equal(timeOf('--before', '30d', NOW), '2027-02-01T03:04:05.678Z')
  t.equal(timeOf('--before', '0d', NOW), NOW.toISOString())
})

t.test('anything else is refused, and what is allowed is said', async (t) => {
  const others = ['', 'tomorrow', '-1d', '1.5d', '999999d', '2027-02-30', '2027-13-01', '2027-1-1', '31.1.2027', '2027']
  for (const text of [...others, '2027-01-31T25:00:00Z', '2027-01-31T12:00:00+01:00', '2027-01-31T12:00:00'])
    t.throws(
      () => timeOf('--before', text, NOW),
      { name: 'UsageError', message: /^--before must be 2027-01-31, / },
      text,
    )
})
