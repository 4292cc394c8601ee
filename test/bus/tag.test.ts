import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import t from 'tap'
import { withoutTag, withTag } from '../../src/bus/nats/tag.js'

const bytes = randomBytes(32)
const key = createSecretKey(bytes)
const opened = (subject: string, tagged: Uint8Array) => {
  const text = withoutTag(key, subject, tagged)
  return text && Buffer.from(text).toString()
}

t.test('a message is its text behind the HMAC-SHA-256 of its subject and text', async (t) => {
  for (const text of ['', '{"a":1}', 'ä🦊\n', 'x'.repeat(100_000)]) {
    const tagged = Buffer.from(withTag(key, 'hermes.control', text))
    t.equal(tagged.subarray(32).toString(), text)
    t.equal(
      tagged.subarray(0, 32).toString('hex'),
      createHmac('sha256', bytes).update(`hermes.control\n${text}`).digest('hex'),
    )
    t.equal(opened('hermes.control', tagged), text)
  }
})

t.test('under another subject, with another key or changed it is none', async (t) => {
  const tagged = withTag(key, 'a.b', 'text')
  t.equal(opened('a.c', tagged), null)
  t.equal(opened('a.b', withTag(createSecretKey(randomBytes(32)), 'a.b', 'text')), null)
  for (const at of tagged.keys())
    t.equal(
      opened(
        'a.b',
        tagged.map((byte, n) => (n === at ? byte ^ 1 : byte)),
      ),
      null,
    )
  for (const length of tagged.keys()) t.equal(opened('a.b', tagged.subarray(0, length)), null)
})
