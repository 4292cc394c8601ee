import { X509Certificate } from 'node:crypto'
import { ContentInfo, SignedData } from 'pkijs'
import t from 'tap'
import { certsOnly } from '../../src/pki/certs-only.js'
import { parseDer } from '../../src/pki/der.js'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { createWorkbench } from './openssl.js'

const { root, users, servers } = createHierarchy({ now: new Date() })
const ders = [users, servers, root].map(({ certificateDer }) => certificateDer)

t.test('holds the certificates as they are, in the order given, and nothing that is signed', async (t) => {
  for (const count of [0, 1, 3]) {
    const given = ders.slice(0, count)
    const contentInfo = ContentInfo.fromBER(Uint8Array.from(certsOnly(given)).buffer)
    t.equal(contentInfo.contentType, ContentInfo.SIGNED_DATA)
    const signed = new SignedData({ schema: contentInfo.content })
    t.match(signed, { version: 1, digestAlgorithms: [], signerInfos: [], encapContentInfo: { eContent: undefined } })
    t.equal(signed.encapContentInfo.eContentType, ContentInfo.DATA)
    const held = (signed.certificates ?? []).map((certificate) => Buffer.from(certificate.toSchema().toBER()))
    t.same(
      held,
      given.map((der) => Buffer.from(der)),
    )
  }
})

t.test('is DER however many there are, which OpenSSL reads', async (t) => {
  const bench = createWorkbench(t)
  for (const count of [3, 200]) {
    const given = Array.from({ length: count }, (_, index) => ders[index % ders.length] ?? new Uint8Array())
    const der = certsOnly(given)
    t.equal(parseDer(der).bytes.length, der.length)
    bench.write('certs.p7', der)
    const printed = bench.openssl('pkcs7 -inform DER -in certs.p7 -print_certs')
    const blocks = printed.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []
    t.same(
      blocks.map((pem) => new X509Certificate(pem).raw),
      given.map((der) => Buffer.from(der)),
    )
  }
})
