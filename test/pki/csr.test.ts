import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { HermesError } from '../../src/errors.js'
import { parseCertificateRequest } from '../../src/pki/csr.js'
import {
  bitString,
  derNull,
  encodeDer,
  integer,
  octetString,
  oid,
  sequence,
  set,
  unsignedInteger,
  utf8String,
} from '../../src/pki/der-encode.js'
import { sha256Hex } from '../../src/pki/fingerprint.js'
import { OID } from '../../src/pki/oids.js'
import { decodePem, encodePem } from '../../src/pki/pem.js'
import { createWorkbench, refusalOf } from './openssl.js'

const policy = { username: 'alice', trustDomain: 'example.org', forbiddenKeys: new Set<string>() }
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

interface Parts {
  key?: KeyObject
  spki?: Uint8Array
  version?: number
  subject?: Uint8Array
  attributes?: readonly Uint8Array[]
  algorithm?: Uint8Array
  hash?: string | null
}

const cn = (...names: string[]) =>
  sequence(...names.map((name) => set(sequence(oid(OID.commonName), utf8String(name)))))

/** A request that is right but for the parts given. */
function request({ key = ec, version = 0, subject = cn('alice'), attributes = [], ...rest }: Parts = {}): string {
  const spki = rest.spki ?? createPublicKey(key).export({ format: 'der', type: 'spki' })
  const info = sequence(integer(version), subject, spki, encodeDer(0xa0, ...attributes))
  const algorithm = rest.algorithm ?? sequence(oid(OID.ecdsaWithSha256))
  return encodePem(
    'CERTIFICATE REQUEST',
    sequence(info, algorithm, bitString(sign(rest.hash === undefined ? 'sha256' : rest.hash, info, key))),
  )
}

function extensionRequest(...extensions: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(OID.extensionRequest), set(sequence(...extensions)))
}

const san = (...names: readonly Uint8Array[]) => sequence(oid(OID.subjectAltName), octetString(sequence(...names)))
const uri = (text: string) => encodeDer(0x86, Buffer.from(text))

const reasonOf = (csr: string, over: Partial<typeof policy> = {}) =>
  refusalOf(() => parseCertificateRequest(csr, { ...policy, ...over }))

t.test('requests by OpenSSL are accepted under every key type', async (t) => {
  const bench = createWorkbench(t)
  const keys: readonly (readonly [string, string])[] = [
    ['P-256', 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256'],
    ['P-384', 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384'],
    ['Ed25519', 'genpkey -algorithm ed25519'],
    ['RSA', 'genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048'],
  ]
  for (const [type, command] of keys) {
    bench.openssl(`${command} -out key.pem`)
    const csr = bench.openssl('req -new -key key.pem -subj /CN=alice')
    const parsed = parseCertificateRequest(csr, policy)
    const spki = createPublicKey(bench.read('key.pem')).export({ format: 'der', type: 'spki' })
    t.equal(parsed.keyType, type)
    t.equal(Buffer.compare(parsed.spki, spki), 0)
    t.equal(parsed.spkiHash, sha256Hex(spki))
    if (type === 'Ed25519') continue
    for (const digest of ['sha384', 'sha512'])
      t.equal(
        reasonOf(bench.openssl(`req -new -key key.pem -subj /CN=alice -${digest}`)).code,
        'accepted',
        `${type} ${digest}`,
      )
    t.match(reasonOf(bench.openssl('req -new -key key.pem -subj /CN=alice -sha1')), {
      code: 'csr_rejected',
      message: /signature algorithm/,
    })
  }
  bench.openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem')
  const own = 'req -new -key key.pem -subj /O=Acme/CN=alice -addext subjectAltName=URI:acct:alice@example.org'
  t.equal(reasonOf(bench.openssl(own)).code, 'accepted', 'other attributes of the subject and the own name')
  t.equal(
    reasonOf(bench.openssl('req -new -newhdr -key key.pem -subj /CN=alice')).code,
    'accepted',
    'NEW CERTIFICATE REQUEST',
  )
  const ca =
    'req -new -key key.pem -subj /CN=alice -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign'
  t.equal(reasonOf(bench.openssl(ca)).code, 'accepted', 'other requested extensions are ignored')
  for (const name of [
    'URI:acct:bob@example.org',
    'DNS:example.org',
    'email:alice@example.org',
    'URI:acct:alice@example.org,DNS:a',
  ])
    t.match(reasonOf(bench.openssl(`req -new -key key.pem -subj /CN=alice -addext subjectAltName=${name}`)), {
      code: 'csr_rejected',
      message: /only URI:acct:alice@example\.org is allowed/,
    })
})

t.test("the SDK's own requests are accepted, and OpenSSL verifies them", async (t) => {
  const bench = createWorkbench(t)
  for (const kind of ['P-256', 'P-384', 'Ed25519', 'RSA-2048'] as const) {
    const csr = createCertificateRequest(await generateKey(kind), 'alice')
    t.equal(reasonOf(csr).code, 'accepted', kind)
    bench.write('own.csr', csr)
    t.ok(bench.succeeds('req -in own.csr -verify -noout'), kind)
  }
})

t.test('keys that are not allowed', async (t) => {
  const bench = createWorkbench(t)
  const made = (command: string) => {
    bench.openssl(`${command} -out key.pem`)
    return reasonOf(bench.openssl('req -new -key key.pem -subj /CN=alice'))
  }
  t.match(made('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024'), {
    code: 'csr_rejected',
    message: /RSA of 1024 bits/,
  })
  t.match(made('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3'), {
    code: 'csr_rejected',
    message: /exponent is not 65537/,
  })
  t.match(made('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521'), {
    code: 'csr_rejected',
    message: /neither P-256 nor P-384/,
  })
  t.match(made('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1'), {
    code: 'csr_rejected',
    message: /neither P-256 nor P-384/,
  })
  t.match(made('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit'), {
    code: 'csr_rejected',
    message: /curve is not named/,
  })
  t.match(made('genpkey -algorithm ed448'), { code: 'csr_rejected', message: /signature algorithm/ })
})

t.test('malformed public keys', async (t) => {
  const jwk = createPublicKey(ec).export({ format: 'jwk' })
  const [x, y] = [Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')]
  const p256 = sequence(oid(OID.ecPublicKey), oid(OID.prime256v1))
  const spki = (algorithm: Uint8Array, ...key: Uint8Array[]) => sequence(algorithm, bitString(Buffer.concat(key)))
  const off = Buffer.from(y)
  off[0] = (off[0] ?? 0) ^ 1
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['compressed point', spki(p256, Buffer.of(2 + ((y[31] ?? 0) & 1)), x), /uncompressed/],
    ['point off the curve', spki(p256, Buffer.of(4), x, off), /not on the curve/],
    ['point at infinity', spki(p256, Buffer.of(0)), /uncompressed/],
    ['Ed25519 with NULL', spki(sequence(oid(OID.ed25519), derNull()), x), /well-formed Ed25519/],
    ['Ed25519 of 31 octets', spki(sequence(oid(OID.ed25519)), x.subarray(1)), /well-formed Ed25519/],
    ['Ed25519 of small order', spki(sequence(oid(OID.ed25519)), Buffer.alloc(32)), /small order/],
    [
      'RSA without NULL',
      spki(sequence(oid(OID.rsaEncryption)), sequence(unsignedInteger(Buffer.alloc(256, 0xff)), integer(65537))),
      /NULL/,
    ],
    [
      'RSA, even modulus',
      spki(
        sequence(oid(OID.rsaEncryption), derNull()),
        sequence(unsignedInteger(Buffer.alloc(256, 0xfe)), integer(65537)),
      ),
      /even/,
    ],
    [
      'RSA of 4097 bits',
      spki(
        sequence(oid(OID.rsaEncryption), derNull()),
        sequence(unsignedInteger(Buffer.concat([Buffer.of(1), Buffer.alloc(512, 0xff)])), integer(65537)),
      ),
      /4097 bits/,
    ],
    [
      'RSA, negative modulus',
      spki(
        sequence(oid(OID.rsaEncryption), derNull()),
        sequence(encodeDer(2, Buffer.alloc(256, 0x81)), integer(65537)),
      ),
      /its key/,
    ],
  ]
  for (const [name, key, reason] of cases)
    t.match(reasonOf(request({ spki: key })), { code: 'csr_rejected', message: reason }, name)
})

t.test('form, version and signature', async (t) => {
  const good = request()
  t.equal(reasonOf(good).code, 'accepted')
  const der = decodePem(good, ['CERTIFICATE REQUEST'])
  const wrap = (bytes: Uint8Array) => encodePem('CERTIFICATE REQUEST', bytes)
  const flipped = Uint8Array.from(der)
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['too large', good + '\n'.repeat(16_384), /larger than 16384 bytes/],
    ['trailing DER', wrap(Buffer.concat([der, Buffer.of(0)])), /behind its end/],
    ['trailing text', `${good}more`, /one PEM block/],
    ['two blocks', good + good, /one PEM block/],
    ['a certificate', good.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), /label/],
    ['nothing', '', /one PEM block/],
    ['indefinite length', wrap(Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(3), Buffer.of(0, 0)])), /length/],
    ['long form of a length', wrap(Buffer.concat([Buffer.of(0x30, 0x82, 0), der.subarray(2)])), /as few octets/],
    ['version 1', request({ version: 1 }), /version is not 0/],
    ['flipped signature', wrap(flipped), /does not verify/],
    [
      'signature of another key',
      request({
        spki: createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey).export({
          format: 'der',
          type: 'spki',
        }),
      }),
      /does not verify/,
    ],
    [
      'algorithm of another kind of key',
      request({ algorithm: sequence(oid(OID.ed25519)) }),
      /does not fit its P-256 key/,
    ],
    ['ECDSA with NULL', request({ algorithm: sequence(oid(OID.ecdsaWithSha256), derNull()) }), /parameters/],
    ['another hash than named', request({ hash: 'sha384' }), /does not verify/],
  ]
  for (const [name, csr, reason] of cases) t.match(reasonOf(csr), { code: 'csr_rejected', message: reason }, name)
})

t.test('names', async (t) => {
  const cases: readonly (readonly [string, Parts, RegExp])[] = [
    ['another CN', { subject: cn('bob') }, /must have CN=alice/],
    ['other case', { subject: cn('Alice') }, /must have CN=alice/],
    ['two CNs', { subject: cn('alice', 'bob') }, /2 common names/],
    ['the same CN twice', { subject: cn('alice', 'alice') }, /2 common names/],
    [
      'two CNs in one RDN',
      { subject: sequence(set(...['alice', 'bob'].map((name) => sequence(oid(OID.commonName), utf8String(name))))) },
      /2 common names/,
    ],
    ['no CN', { subject: sequence() }, /0 common names/],
    ['a trailing NUL', { subject: cn('alice\0') }, /must have CN=alice/],
    [
      'a CN that is no text',
      { subject: sequence(set(sequence(oid(OID.commonName), integer(1)))) },
      /must have CN=alice/,
    ],
    [
      "another user's name",
      { attributes: [extensionRequest(san(uri('acct:bob@example.org')))] },
      /only URI:acct:alice@example.org/,
    ],
    ['another domain', { attributes: [extensionRequest(san(uri('acct:alice@example.com')))] }, /only URI/],
    [
      'the own name as e-mail',
      { attributes: [extensionRequest(san(encodeDer(0x81, Buffer.from('acct:alice@example.org'))))] },
      /only URI/,
    ],
    [
      'the own name and another',
      { attributes: [extensionRequest(san(uri('acct:alice@example.org'), uri('acct:bob@example.org')))] },
      /only URI/,
    ],
    ['no name', { attributes: [extensionRequest(san())] }, /subjectAltName/],
    [
      'in a second extension',
      { attributes: [extensionRequest(san(uri('acct:alice@example.org')), san(uri('acct:bob@example.org')))] },
      /only URI/,
    ],
    [
      'in a second attribute',
      { attributes: [extensionRequest(), extensionRequest(san(uri('acct:bob@example.org')))] },
      /only URI/,
    ],
    [
      'garbage for names',
      { attributes: [extensionRequest(sequence(oid(OID.subjectAltName), octetString(Buffer.from('xx'))))] },
      /./,
    ],
    [
      'garbage for extensions',
      { attributes: [sequence(oid(OID.extensionRequest), set(integer(1)))] },
      /requested extensions/,
    ],
  ]
  for (const [name, parts, reason] of cases)
    t.match(reasonOf(request(parts)), { code: 'csr_rejected', message: reason }, name)
  t.equal(reasonOf(request({ attributes: [extensionRequest(san(uri('acct:alice@example.org')))] })).code, 'accepted')
})

t.test('the steps come in the order of the policy', async (t) => {
  const spki = createPublicKey(ec).export({ format: 'der', type: 'spki' })
  const forbiddenKeys = new Set([sha256Hex(spki)])
  t.match(reasonOf(request(), { forbiddenKeys }), {
    code: 'csr_rejected',
    message: /belongs to a certificate authority/,
  })
  t.match(reasonOf(request({ subject: cn('bob') }), { forbiddenKeys }), { message: /CN=alice/ })
  t.match(reasonOf(request({ subject: cn('bob'), hash: 'sha384' }), { forbiddenKeys }), { message: /does not verify/ })
})

t.test('whatever is changed in a request, it is accepted or refused as csr_rejected', async () => {
  const der = decodePem(request({ attributes: [extensionRequest(san(uri('acct:alice@example.org')))] }), [
    'CERTIFICATE REQUEST',
  ])
  const change = fc.record({ at: fc.nat(der.length - 1), to: fc.nat(255), cut: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let bytes = Uint8Array.from(der)
      for (const { at, to, cut } of changes) {
        bytes[at] = to
        if (cut) bytes = bytes.slice(0, at)
      }
      try {
        parseCertificateRequest(encodePem('CERTIFICATE REQUEST', bytes), policy)
        return Buffer.compare(bytes, der) === 0
      } catch (error) {
        return error instanceof HermesError && error.code === 'csr_rejected'
      }
    }),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { code } = reasonOf(text)
      return code === 'csr_rejected'
    }),
  )
})
