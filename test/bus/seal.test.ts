import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import t from 'tap'
import { seal, unseal } from '../../src/bus/nats/seal.js'

const bytes = randomBytes(32)
const key = createSecretKey(bytes)
const opened = (subject: string, sealed: Uint8Array) => {
  const text = unseal(key, subject, sealed)
  return text && Buffer.from(text).toString()
}

t.test('a message is its text behind the HMAC-SHA-256 of its subject and text', async (t) => {
  for (const text of ['', '{"a":1}', 'ä🦊\n', 'x'.repeat(100_000)]) {
    const sealed = Buffer.from(seal(key, 'hermes.control', text))
    t.equal(sealed.subarray(32).toString(), text)
    t.equal(
      sealed.subarray(0, 32).toString('hex'),
      createHmac('sha256', bytes).update(`hermes.control\n${text}`).digest('hex'),
    )
    t.equal(opened('hermes.control', sealed), text)
  }
})

t.test('under another subject, with another key or changed it is none', async (t) => {
  const sealed = seal(key, 'a.b', 'text')
  t.equal(opened('a.c', sealed), null)
  t.equal(opened('a.b', seal(createSecretKey(randomBytes(32)), 'a.b', 'text')), null)
  for (const at of sealed.keys())
    t.equal(
      opened(
        'a.b',
        sealed.map((byte, n) => (n === at ? byte ^ 1 : byte)),
      ),
      null,
    )
  for (const length of sealed.keys()) t.equal(opened('a.b', sealed.subarray(0, length)), null)
})
