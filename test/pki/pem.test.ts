import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { fingerprintOf, sha256Hex } from '../../src/pki/fingerprint.js'
import { decodePem, encodePem, splitPem } from '../../src/pki/pem.js'

t.test('PEM comes back as it was, in 64 columns with one newline at the end', async (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      (bytes) => Buffer.compare(decodePem(encodePem('X', bytes), ['X']), bytes) === 0,
    ),
  )
  const lines = encodePem('X', randomBytes(100)).split('\n')
  t.same([lines[1]?.length, lines.at(-1), lines.at(-2)], [64, '', '-----END X-----'])
})

t.test('one block, of an expected label, and nothing around it', async (t) => {
  const pem = encodePem('X', Buffer.from('abc'))
  t.same(decodePem(`\n ${pem.replaceAll('\n', '\r\n')}\n`, ['X']), Buffer.from('abc'), 'white space and CRLF')
  t.throws(() => decodePem(pem, ['Y', 'Z']), /label is "X", not Y or Z/)
  for (const bad of [
    '',
    pem + pem,
    `text\n${pem}`,
    `${pem}text`,
    pem.replace('END X', 'END Y'),
    pem.replace('YWJj', 'YW*j'),
    pem.replace('YWJj', 'YWJjY'),
    pem.replace('YWJj\n', ''),
    pem.replace('YWJj', 'Proc-Type: 4\n\nYWJj'),
  ])
    t.throws(() => decodePem(bad, ['X']), JSON.stringify(bad))
  t.same(splitPem(`a\n${pem}b\n${pem}`), [pem, pem])
})

t.test('fingerprints', async (t) => {
  const digest = createHash('sha256').update('abc').digest('hex')
  t.equal(sha256Hex(Buffer.from('abc')), digest)
  t.equal(fingerprintOf(Buffer.from('abc')), `sha256:${digest}`)
})
