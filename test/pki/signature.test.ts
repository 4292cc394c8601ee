import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { type SignatureContext, signedBytes, signTranscript, verifyTranscript } from '../../src/pki/signature.js'
import { buildAcceptTranscript, buildConfirmTranscript, type ConfirmTranscript } from '../../src/wire/transcript.js'

interface Vector {
  name: string
  valid: boolean
  context: SignatureContext
  certificate: string
  fields: Record<string, string>
  signature: string
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/invitation-v1.json', import.meta.url), 'utf8')) as {
  cases: Vector[]
}

async function isAccepted({ context, certificate, fields, signature }: Vector): Promise<boolean> {
  const camel = (label: string) => label.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const typed = Object.fromEntries(Object.entries(fields).map(([label, value]) => [camel(label), value]))
  let transcript: string
  try {
    transcript = (context === 'accept' ? buildAcceptTranscript : buildConfirmTranscript)(
      typed as unknown as ConfirmTranscript,
    )
  } catch {
    return false
  }
  const der = new X509Certificate(certificate).raw
  return verifyTranscript(der, context, transcript, Buffer.from(signature, 'base64url'))
}

t.test('all cases of the vectors come out as marked', async (t) => {
  t.equal(vectors.cases.length, 100)
  for (const vector of vectors.cases) t.equal(await isAccepted(vector), vector.valid, vector.name)
})

t.test('what is signed begins with 64 spaces, the context and a zero', async (t) => {
  const bytes = signedBytes('accept', 'T')
  t.equal(bytes.toString('latin1'), `${' '.repeat(64)}Hermes v1 invitation accept\0T`)
})

t.test('own signatures verify under every key type, and only in their context', async (t) => {
  const pairs = [
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ed25519'),
  ]
  for (const { privateKey, publicKey } of pairs) {
    const signature = signTranscript(privateKey, 'confirm', 'T')
    t.equal(await verifyTranscript(publicKey, 'confirm', 'T', signature), true)
    t.equal(await verifyTranscript(publicKey, 'accept', 'T', signature), false)
    t.equal(await verifyTranscript(publicKey, 'confirm', 'U', signature), false)
  }
})

t.test('malformed input is false, never an exception', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' })
  t.throws(() => signTranscript(privateKey, 'accept', 'T'), /none of P-256/)
  t.equal(await verifyTranscript(publicKey, 'accept', 'T', Buffer.alloc(100)), false)
  t.equal(await verifyTranscript(Buffer.from('garbage'), 'accept', 'T', Buffer.alloc(70)), false)
  const good = createPublicKey(generateKeyPairSync('ed25519').privateKey)
  t.equal(await verifyTranscript(good, 'other' as SignatureContext, 'T', Buffer.alloc(64)), false)
  t.equal(await verifyTranscript(good, 'accept', 'T', new Uint8Array()), false)
})
