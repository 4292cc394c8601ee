import t from 'tap'
import { HermesError } from '../../../src/errors.js'
import { toProblem } from '../../../src/server/http/problem.js'

t.test('a sentence that begins with a parameter names it without the params of JSON-RPC', async (t) => {
  const detailOf = (sentence: string) => toProblem(new HermesError('certificate_rejected', sentence), 'r').detail
  t.equal(detailOf('params.participants.1: bob takes part already'), 'participants.1: bob takes part already')
  t.equal(detailOf('the params.seq is one'), 'the params.seq is one')
})
