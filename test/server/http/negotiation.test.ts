import fc from 'fast-check'
import t from 'tap'
import { negotiate } from '../../../src/server/http/accept.js'
import { matchesEtag } from '../../../src/server/http/etag.js'
import { parseForm } from '../../../src/server/http/form-body.js'

const OFFERS = ['application/json', 'application/x-pem-file', 'application/pkix-cert'] as const

t.test('Accept', async (t) => {
  const cases: readonly [string | undefined, (typeof OFFERS)[number]][] = [
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/html', 'application/json'],
    ['application/x-pem-file', 'application/x-pem-file'],
    ['APPLICATION/PKIX-CERT', 'application/pkix-cert'],
    ['application/json;q=0.5, application/pkix-cert;q=0.7', 'application/pkix-cert'],
    ['application/json;q=0, */*', 'application/x-pem-file'],
    ['application/*;q=0.1, application/pkix-cert; q=0.2', 'application/pkix-cert'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['', 'application/json'],
  ]
  for (const [accept, expected] of cases) t.equal(negotiate(accept, OFFERS), expected, String(accept))
})

t.test('Accept never fails', async () => {
  fc.assert(fc.property(fc.string(), (accept) => OFFERS.includes(negotiate(accept, OFFERS))))
})

t.test('If-None-Match', async (t) => {
  t.notOk(matchesEtag(undefined, '"a"'))
  t.notOk(matchesEtag('"b"', '"a"'))
  t.notOk(matchesEtag('a', '"a"'))
  t.ok(matchesEtag('"b", "a"', '"a"'))
  t.ok(matchesEtag('W/"a"', '"a"'))
  t.ok(matchesEtag(' * ', '"a"'))
})

t.test('a form is read as a browser writes it', async () => {
  const field = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((text) => text.isWellFormed() && text !== '__proto__')
  fc.assert(
    fc.property(fc.dictionary(field, fc.string({ unit: 'binary' })), (fields) => {
      const parsed = parseForm(new URLSearchParams(fields).toString())
      return JSON.stringify(parsed) === JSON.stringify({ ...fields })
    }),
  )
})

t.test('a form with a field twice, or with broken escapes, is refused', async (t) => {
  for (const text of ['a=1&a=2', 'a&a', 'a=%', 'a=%f', 'a=%ff', '%c3=1'])
    t.throws(() => parseForm(text), { code: 'invalid_request' }, text)
  for (const text of ['&', 'a=1&', '&a=1', 'a=1&&b=2'])
    t.throws(() => parseForm(text), { code: 'invalid_request', message: /is empty/ }, text)
  t.same(parseForm(''), {})
  t.same(parseForm('a&b=&c=d=e+f%2B'), { a: '', b: '', c: 'd=e f+' })
})
