import t from 'tap'
import { tryAgain } from '../../src/identity/try-again.js'

t.test('a wait is told in seconds below a minute, else in minutes, and never too short', async (t) => {
  const cases = [
    [-5, '1 second'],
    [1, '1 second'],
    [1001, '2 seconds'],
    [59_001, '1 minute'],
    [60_001, '2 minutes'],
    [900_000, '15 minutes'],
  ] as const
  for (const [milliseconds, wait] of cases) t.equal(tryAgain(milliseconds), `try again in ${wait}`)
})
