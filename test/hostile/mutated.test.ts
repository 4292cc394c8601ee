import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { createCertificateRequest } from '../../src/client/keys.js'
import { HermesError } from '../../src/errors.js'
import { OPERATIONS } from '../../src/hub/operations/table.js'
import { parseCertificateRequest } from '../../src/pki/csr.js'
import { derNull, encodeDer, integer, octetString, oid, sequence, set } from '../../src/pki/der-encode.js'
import { checkEncryptedPrivateKey } from '../../src/pki/escrow.js'
import { OID } from '../../src/pki/oids.js'
import { decodePem, encodePem } from '../../src/pki/pem.js'
import { paramsError, parseFrame, RpcError } from '../../src/server/hub/json-rpc.js'
import { createWorkbench } from '../pki/openssl.js'
import { mutatedDer, mutatedText } from './mutations.js'
import { sampleOf } from './schema-walk.js'

/** The times each property is tried; more of them take longer and find more. */
const RUNS = Number(process.env.MUTATION_RUNS ?? 2000)
/** Of those that are accepted, so many are shown to OpenSSL, which takes a process each. */
const SHOWN_TO_OPENSSL = 20
const SENTENCE_MAX = 1000

const requestPolicy = { username: 'alice', trustDomain: 'example.org', forbiddenKeys: new Set<string>() }
const escrowPolicy = { sha256Iterations: 600_000, sha512Iterations: 220_000 }
const REQUEST = 'CERTIFICATE REQUEST'
const LOCKED = 'ENCRYPTED PRIVATE KEY'

const keys = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  Ed25519: generateKeyPairSync('ed25519').privateKey,
}

/**
 * Whether `parse` takes what it is given; throws unless a refusal is one of `code`, with a sentence of decent length.
 */
function takes(code: string, parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch (error) {
    if (error instanceof HermesError && error.code === code && error.message.length <= SENTENCE_MAX) return false
    throw error
  }
}

for (const [type, key] of Object.entries(keys))
  t.test(`a mutated request for ${type} is refused, or one that OpenSSL verifies`, async (t) => {
    const bench = createWorkbench(t)
    const der = decodePem(createCertificateRequest(key, 'alice'), [REQUEST])
    let shown = 0
    const property = fc.property(mutatedDer(der), (mutated) => {
      const pem = encodePem(REQUEST, mutated)
      if (!takes('csr_rejected', () => parseCertificateRequest(pem, requestPolicy))) return
      if (Buffer.compare(mutated, der) === 0 || shown >= SHOWN_TO_OPENSSL) return
      shown += 1
      bench.write('mutated.csr', pem)
      if (!bench.succeeds('req -in mutated.csr -verify -noout')) throw new Error('OpenSSL does not verify it')
    })
    fc.assert(property, { numRuns: RUNS })
    t.pass()
  })

t.test('a mutated text of a request is refused, unless its bytes are the same', async (t) => {
  const pem = createCertificateRequest(keys['P-256'], 'alice')
  const der = Buffer.from(decodePem(pem, [REQUEST]))
  const property = fc.property(mutatedText(pem), (text) => {
    if (!takes('csr_rejected', () => parseCertificateRequest(text, requestPolicy))) return
    const [label] = text.includes(`NEW ${REQUEST}`) ? [`NEW ${REQUEST}`] : [REQUEST]
    if (!der.equals(decodePem(text, [label]))) throw new Error('another request was accepted')
  })
  fc.assert(property, { numRuns: RUNS })
  t.pass()
})

/** A blob that the policy takes, without the seconds that its lock would cost. */
function blob(): Buffer {
  const kdf = sequence(octetString(Buffer.alloc(16, 7)), integer(600_000), sequence(oid(OID.hmacWithSha256), derNull()))
  const cipher = sequence(oid(OID.aes256Cbc), octetString(Buffer.alloc(16)))
  const scheme = sequence(oid(OID.pbes2), sequence(sequence(oid(OID.pbkdf2), kdf), cipher))
  return sequence(scheme, octetString(Buffer.alloc(144)))
}

t.test('a mutated locked key is refused, or one that OpenSSL can read', async (t) => {
  const bench = createWorkbench(t)
  let shown = 0
  const property = fc.property(mutatedDer(blob()), (mutated) => {
    const pem = encodePem(LOCKED, mutated)
    if (!takes('private_key_rejected', () => checkEncryptedPrivateKey(pem, escrowPolicy))) return
    if (shown >= SHOWN_TO_OPENSSL) return
    shown += 1
    bench.write('mutated.pem', pem)
    if (!bench.succeeds('asn1parse -in mutated.pem')) throw new Error('OpenSSL does not read it')
  })
  fc.assert(property, { numRuns: RUNS })
  fc.assert(
    fc.property(mutatedText(encodePem(LOCKED, blob())), (text) => {
      takes('private_key_rejected', () => checkEncryptedPrivateKey(text, escrowPolicy))
    }),
    { numRuns: RUNS },
  )
  t.pass()
})

t.test('elements that are as large as they may be are refused at once', async (t) => {
  const long = (tag: number, octet: number, length = 11_900) => encodeDer(tag, Buffer.alloc(length, octet))
  const name = encodeDer(0x06, Buffer.concat([Buffer.alloc(11_900, 0xff), Buffer.of(0x7f)]))
  const cases: Readonly<Record<string, Uint8Array>> = {
    'a long name of an algorithm': sequence(
      sequence(integer(0), sequence(), sequence()),
      sequence(name),
      long(3, 0, 64),
    ),
    'a long version': sequence(sequence(long(2, 0x7f), sequence(), sequence()), sequence(name), long(3, 0, 64)),
    'a long name of a scheme': sequence(sequence(name, sequence()), octetString(Buffer.alloc(16))),
    'thousands of elements': sequence(...Array.from({ length: 5900 }, () => derNull())),
    'thousands of names': sequence(
      sequence(integer(0), sequence(...Array.from({ length: 3900 }, () => set())), sequence()),
      sequence(oid(OID.ed25519)),
      long(3, 0, 64),
    ),
    'a long modulus': sequence(
      sequence(
        integer(0),
        sequence(),
        sequence(
          sequence(oid(OID.rsaEncryption), derNull()),
          encodeDer(3, Buffer.of(0), sequence(long(2, 0x7f, 11_000), integer(65_537))),
        ),
      ),
      sequence(oid(OID.sha256WithRsa), derNull()),
      long(3, 0, 64),
    ),
  }
  for (const [what, der] of Object.entries(cases)) {
    t.notOk(
      takes('csr_rejected', () => parseCertificateRequest(encodePem(REQUEST, der), requestPolicy)),
      what,
    )
    t.notOk(
      takes('private_key_rejected', () => checkEncryptedPrivateKey(encodePem(LOCKED, der), escrowPolicy)),
      what,
    )
  }
})

t.test(
  'a mutated frame is a request, or is refused as JSON-RPC has it, and its parameters fit or are named',
  async (t) => {
    for (const { method, params } of OPERATIONS) {
      if (method === null) continue
      const text = JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: sampleOf(params) })
      const property = fc.property(mutatedText(text), (mutated) => {
        const request = parsedFrame(mutated)
        if (request === null) return
        const parsed = params.safeParse(request.params)
        if (!parsed.success && paramsError(parsed.error).errors?.length === 0) throw new Error('no field is named')
      })
      fc.assert(property, { numRuns: Math.ceil(RUNS / 5) })
    }
    t.pass()
  },
)

/** Null: it was refused. What JSON does not know as text is refused as that, and nothing else is. */
function parsedFrame(text: string) {
  try {
    return parseFrame(text)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    if ((error.code === -32700) !== !isJson(text)) throw new Error(`${error.code} for ${text}`)
    return null
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
