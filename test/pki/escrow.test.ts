import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { lockPrivateKey } from '../../src/client/keys.js'
import { HermesError } from '../../src/errors.js'
import { derNull, integer, octetString, oid, sequence } from '../../src/pki/der-encode.js'
import { checkEncryptedPrivateKey, ESCROW_COMMAND } from '../../src/pki/escrow.js'
import { OID } from '../../src/pki/oids.js'
import { decodePem, encodePem } from '../../src/pki/pem.js'
import { createWorkbench, refusalOf } from './openssl.js'

const policy = { sha256Iterations: 600_000, sha512Iterations: 220_000 }
const LABEL = 'ENCRYPTED PRIVATE KEY'
const reasonOf = (pem: string, over: Partial<typeof policy> = {}) =>
  refusalOf(() => checkEncryptedPrivateKey(pem, { ...policy, ...over }))

interface Parts {
  scheme?: string
  kdf?: string
  salt?: Uint8Array
  iterations?: Uint8Array
  keyLength?: number
  prf?: string | null
  prfParameters?: Uint8Array
  cipher?: string
  iv?: Uint8Array
  data?: Uint8Array
}

/** A blob that is right but for the parts given. */
function blob(parts: Parts = {}): string {
  const { scheme = OID.pbes2, kdf = OID.pbkdf2, prf = OID.hmacWithSha256, cipher = OID.aes256Cbc } = parts
  const parameters = sequence(
    octetString(parts.salt ?? Buffer.alloc(16, 7)),
    parts.iterations ?? integer(600_000),
    ...(parts.keyLength === undefined ? [] : [integer(parts.keyLength)]),
    ...(prf === null ? [] : [sequence(oid(prf), parts.prfParameters ?? derNull())]),
  )
  const encryption = sequence(oid(cipher), octetString(parts.iv ?? Buffer.alloc(16)))
  const algorithm = sequence(oid(scheme), sequence(sequence(oid(kdf), parameters), encryption))
  return encodePem(LABEL, sequence(algorithm, octetString(parts.data ?? Buffer.alloc(144))))
}

t.test("OpenSSL's good line is accepted, its other ways are refused with that line", async (t) => {
  const bench = createWorkbench(t)
  bench.openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem')
  t.equal(
    ESCROW_COMMAND,
    'openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in key.pem -out locked.pem',
  )
  bench.openssl(`${ESCROW_COMMAND.slice('openssl '.length)} -passout pass:secret`)
  t.equal(reasonOf(bench.read('locked.pem')).code, 'accepted')
  const sha512 = 'pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 600000 -in key.pem -passout pass:secret'
  t.equal(reasonOf(bench.openssl(sha512)).code, 'accepted')
  const refused: readonly (readonly [string, RegExp])[] = [
    ['pkey -in key.pem', /not encrypted/],
    ['ec -in key.pem', /not encrypted/],
    ['pkey -in key.pem -aes256 -traditional -passout pass:secret', /Proc-Type/],
    [
      'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:secret',
      /2048 iterations of HMAC-SHA256/,
    ],
    ['pkcs8 -topk8 -in key.pem -v2 aes-256-cbc -v2prf hmacWithSHA1 -iter 2000000 -passout pass:secret', /HMAC-SHA1/],
    ['pkcs8 -topk8 -in key.pem -v2 des3 -v2prf hmacWithSHA256 -iter 600000 -passout pass:secret', /triple DES/],
    ['pkcs8 -topk8 -in key.pem -v1 PBE-SHA1-3DES -passout pass:secret', /PKCS #12/],
    ['pkcs8 -topk8 -in key.pem -scrypt -passout pass:secret', /scrypt/],
    [
      'pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 220000 -in key.pem -passout pass:secret',
      /salt has 8 octets/,
    ],
  ]
  for (const [command, reason] of refused) {
    const refusal = reasonOf(bench.openssl(command))
    t.match(refusal, { code: 'private_key_rejected', message: reason }, command)
    t.ok(refusal.message.includes(ESCROW_COMMAND), 'it prints the line that makes a good one')
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs1' })
  t.match(reasonOf(String(rsa)), { code: 'private_key_rejected', message: /not encrypted/ }, 'PKCS#1')
})

t.test('what the SDK makes is accepted', async (t) => {
  const key = generateKeyPairSync('ed25519').privateKey
  t.equal(reasonOf(await lockPrivateKey(key, 'secret')).code, 'accepted')
})

t.test('the limits, to the last one', async (t) => {
  const short = Buffer.alloc(8)
  const good: readonly Parts[] = [
    {},
    { cipher: OID.aes128Cbc },
    { cipher: OID.aes192Cbc, keyLength: 24 },
    { keyLength: 32 },
    { salt: short },
    { salt: short, prf: OID.hmacWithSha512 },
    { prf: OID.hmacWithSha512, iterations: integer(220_000) },
    { iterations: integer(10_000_000) },
  ]
  for (const parts of good) t.equal(reasonOf(blob(parts)).code, 'accepted', JSON.stringify(parts))
  const bad: readonly (readonly [Parts, RegExp])[] = [
    [{ iterations: integer(599_999) }, /599999 iterations of HMAC-SHA256; 600000/],
    [{ prf: OID.hmacWithSha512, iterations: integer(219_999) }, /219999 iterations of HMAC-SHA512; 220000/],
    [{ iterations: integer(10_000_001) }, /10000000 at most/],
    [{ iterations: Buffer.from('0209010000000000000000', 'hex') }, /at most/],
    [{ iterations: Buffer.from('020181', 'hex') }, /iterations/],
    [{ prf: null }, /HMAC-SHA1/],
    [{ prf: '1.2.840.113549.2.10' }, /1\.2\.840\.113549\.2\.10/],
    [{ prfParameters: integer(1) }, /PRF/],
    [{ salt: Buffer.alloc(7) }, /salt has 7/],
    [{ salt: Buffer.alloc(15), prf: OID.hmacWithSha512, iterations: integer(599_999) }, /salt has 15/],
    [{ keyLength: 16 }, /keyLength/],
    [{ cipher: '2.16.840.1.101.3.4.1.46' }, /only AES-128/],
    [{ cipher: '1.2.840.113549.3.2' }, /RC2/],
    [{ cipher: '1.3.14.3.2.7' }, /is DES/],
    [{ iv: Buffer.alloc(12) }, /IV has 12/],
    [{ scheme: '1.2.840.113549.1.5.3' }, /PBES1/],
    [{ scheme: '1.2.840.113549.1.12.1.6' }, /PKCS #12/],
    [{ kdf: OID.scrypt }, /scrypt/],
    [{ data: Buffer.alloc(17) }, /AES blocks/],
    [{ data: Buffer.alloc(0) }, /AES blocks/],
    [{ data: Buffer.alloc(16 * 1024) }, /larger than 16384/],
  ]
  for (const [parts, reason] of bad)
    t.match(reasonOf(blob(parts)), { code: 'private_key_rejected', message: reason }, JSON.stringify(parts))
  t.equal(
    reasonOf(blob({ iterations: integer(10_000) }), { sha256Iterations: 10_000 }).code,
    'accepted',
    'minimums are configuration',
  )
  t.match(reasonOf(blob({ salt: short, iterations: integer(10_000) }), { sha256Iterations: 10_000 }), {
    message: /salt/,
  })
  const der = decodePem(blob(), [LABEL])
  t.match(reasonOf(encodePem(LABEL, Buffer.concat([der, Buffer.of(0)]))), { message: /behind its end/ })
  t.match(reasonOf(blob() + blob()), { message: /one PEM block/ })
})

t.test('whatever is changed in a blob, it is accepted or refused as private_key_rejected', async () => {
  const der = decodePem(blob(), [LABEL])
  const isSettled = (pem: string) => {
    try {
      checkEncryptedPrivateKey(pem, policy)
      return true
    } catch (error) {
      return error instanceof HermesError && error.code === 'private_key_rejected'
    }
  }
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), fc.boolean(), (at, to, cut) => {
      const bytes = Uint8Array.from(der)
      bytes[at] = to
      return isSettled(encodePem(LABEL, cut ? bytes.slice(0, at) : bytes))
    }),
    { numRuns: 500 },
  )
  fc.assert(fc.property(fc.string(), (text) => isSettled(text)))
})
