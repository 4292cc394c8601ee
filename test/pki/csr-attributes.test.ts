import t from 'tap'
import { csrAttributes } from '../../src/pki/csr-attributes.js'
import { parseDer, TAG } from '../../src/pki/der.js'
import { readOid, readSequence } from '../../src/pki/der-values.js'
import { OID } from '../../src/pki/oids.js'

t.test('asks for a key on P-256 by an Attribute, and for ECDSA with SHA-256 by its OID', async (t) => {
  const [key, signature, ...others] = readSequence(parseDer(csrAttributes()), 'CsrAttrs')
  const [type, values] = readSequence(key, 'Attribute', 2, 2)
  t.equal(readOid(type, 'type'), OID.ecPublicKey)
  t.equal(values?.tag, TAG.set)
  t.same(
    values?.children.map((value) => readOid(value, 'value')),
    [OID.prime256v1],
  )
  t.equal(readOid(signature, 'signature'), OID.ecdsaWithSha256)
  t.same(others, [], 'and for no name')
})
