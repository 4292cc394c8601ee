import { createPublicKey } from 'node:crypto'
import t from 'tap'
import {
  createCertificateRequest,
  generateKey,
  KEY_KINDS,
  lockPrivateKey,
  unlockPrivateKey,
} from '../../src/client/keys.js'
import { integer, octetString, oid, sequence } from '../../src/pki/der-encode.js'
import { keyTypeOf } from '../../src/pki/key-type.js'
import { OID } from '../../src/pki/oids.js'
import { deriveKey, lockWith } from '../../src/pki/pbes2.js'
import { encodePem } from '../../src/pki/pem.js'
import { createWorkbench } from '../pki/openssl.js'

t.test('keys of each kind', async (t) => {
  const kinds = KEY_KINDS.filter((kind) => kind !== 'RSA-3072' && kind !== 'RSA-4096') // those take long
  for (const kind of kinds) {
    const key = await generateKey(kind)
    t.equal(key.type, 'private')
    t.equal(keyTypeOf(key), kind.startsWith('RSA') ? 'RSA' : kind)
  }
  t.equal(keyTypeOf(await generateKey()), 'P-256', 'by default')
})

t.test('a request holds the name and the public key', async (t) => {
  const bench = createWorkbench(t)
  const key = await generateKey('P-384')
  bench.write('own.csr', createCertificateRequest(key, 'alice'))
  t.match(bench.openssl('req -in own.csr -noout -subject'), /CN = alice/)
  t.equal(bench.openssl('req -in own.csr -noout -pubkey'), createPublicKey(key).export({ format: 'pem', type: 'spki' }))
})

t.test('a locked key opens with its password, here and with OpenSSL, and with no other', async (t) => {
  const bench = createWorkbench(t)
  const key = await generateKey('Ed25519')
  const locked = await lockPrivateKey(key, 'pässword', 1000)
  t.ok(unlockPrivateKey(locked, 'pässword').equals(key))
  t.throws(() => unlockPrivateKey(locked, 'password'))
  bench.write('locked.pem', locked)
  t.equal(bench.openssl('pkey -in locked.pem -passin pass:pässword'), key.export({ format: 'pem', type: 'pkcs8' }))
  t.not(await lockPrivateKey(key, 'pässword', 1000), locked, 'salt and IV are fresh')
})

t.test(
  'a password opens a key in whatever form of Unicode a keyboard gives it, and what was locked before',
  async (t) => {
    const bench = createWorkbench(t)
    const key = await generateKey('Ed25519')
    const [composed, decomposed] = ['un-mot-de-passé'.normalize('NFC'), 'un-mot-de-passé'.normalize('NFD')]
    for (const one of [composed, decomposed]) {
      const locked = await lockPrivateKey(key, one, 1000)
      for (const other of [composed, decomposed]) t.ok(unlockPrivateKey(locked, other).equals(key))
      t.throws(() => unlockPrivateKey(locked, 'un-mot-de-passe'))
      bench.write('locked.pem', locked)
      t.match(bench.openssl(`pkey -in locked.pem -passin pass:${composed}`), /PRIVATE KEY/, 'as NFC')
      const asGiven = lockWith(await deriveKey(one, 1000), key)
      for (const other of [composed, decomposed]) t.ok(unlockPrivateKey(asGiven, other).equals(key))
    }
  },
)

t.test('a key locked by OpenSSL opens; one that would take for ever is refused before any work', async (t) => {
  const bench = createWorkbench(t)
  bench.openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem')
  const locked = bench.openssl(
    'pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 1000 -in key.pem -passout pass:x',
  )
  t.equal(unlockPrivateKey(locked, 'x').export({ format: 'pem', type: 'pkcs8' }), bench.read('key.pem'))
  const kdf = sequence(octetString(Buffer.alloc(16)), integer(2_000_000_000), sequence(oid(OID.hmacWithSha256)))
  const cipher = sequence(oid(OID.aes256Cbc), octetString(Buffer.alloc(16)))
  const algorithm = sequence(oid(OID.pbes2), sequence(sequence(oid(OID.pbkdf2), kdf), cipher))
  const bomb = encodePem('ENCRYPTED PRIVATE KEY', sequence(algorithm, octetString(Buffer.alloc(32))))
  t.throws(() => unlockPrivateKey(bomb, 'x'), /10000000 at most/)
})
