import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { pinRoot, verifyUserCertificate } from '../../src/client/certificates.js'
import { encodeCrlEntry } from '../../src/pki/crl-entry.js'
import { createSuccessor } from '../../src/pki/hierarchy.js'
import { issueCrl } from '../../src/pki/issue-crl.js'
import { encodePem } from '../../src/pki/pem.js'
import { issueServerCertificate } from '../../src/pki/server-certificate.js'
import { createInstallation, createParty, DAY, DOMAIN, now } from './parties.js'

const installation = createInstallation()
const { root, users, servers, authorities, fingerprint, pin } = installation
const alice = createParty(installation, 'alice')

t.test('a root is pinned by its fingerprint, and keeps only the issuers of users', async (t) => {
  t.equal(pin.rootFingerprint, fingerprint)
  t.equal(pin.issuers.length, 1)
  const other = createInstallation()
  t.throws(() => pinRoot(root.certificatePem, other.fingerprint, DOMAIN, authorities), /has the fingerprint/)
  t.throws(() => pinRoot('none', fingerprint, DOMAIN, authorities), /cannot be read/)
  t.throws(() => pinRoot(root.certificatePem, fingerprint, DOMAIN, other.authorities), /issued by the pinned root/)
  t.throws(() => pinRoot(root.certificatePem, fingerprint, DOMAIN, servers.certificatePem), /for clients/)
  t.throws(() => pinRoot(users.certificatePem, users.fingerprint, DOMAIN, authorities), /self-signed/)
})

t.test('a certificate is verified up to the root', async (t) => {
  t.match(verifyUserCertificate(alice.certificate, 'alice', pin, now), {
    username: 'alice',
    fingerprint: alice.fingerprint,
  })
  const refused = (pem: string, reason: RegExp, username = 'alice', at = now, by = pin) =>
    t.throws(() => verifyUserCertificate(pem, username, by, at), { name: 'VerificationError', message: reason })
  refused(alice.certificate, /names URI:acct:alice@example\.org, not URI:acct:bob@example\.org/, 'bob')
  refused(alice.certificate, /not URI:acct:alice@elsewhere/, 'alice', now, { ...pin, trustDomain: 'elsewhere' })
  refused(alice.certificate, /is not valid at/, 'alice', new Date(now.getTime() + 31 * DAY))
  refused(alice.certificate, /is not valid at/, 'alice', new Date(now.getTime() - 2 * DAY))
  refused(createParty(createInstallation(), 'alice').certificate, /not issued under the pinned root/)
  refused(users.certificatePem, /not issued under the pinned root/)
  refused(alice.certificate.replace('MII', 'MIJ'), /cannot be read/)
  refused(alice.certificate + alice.certificate, /not exactly one PEM block/)
})

t.test("a server's certificate is no user's", async (t) => {
  const spki = createPublicKey(alice.key).export({ format: 'der', type: 'spki' })
  const { pem } = issueServerCertificate(servers, { hostnames: ['alice'], spki, now })
  t.throws(() => verifyUserCertificate(pem, 'alice', pin, now), /not issued under the pinned root/)
  const byUsers = issueServerCertificate(users, { hostnames: ['alice'], spki, now })
  t.throws(() => verifyUserCertificate(byUsers.pem, 'alice', pin, now), /is not for a client/)
})

t.test('what a CA issued that the root has revoked is good no more, but for what was signed before', async (t) => {
  const next = createSuccessor(root, { kind: 'users', generation: 2, now })
  const revokedAt = new Date(now.getTime() - 60_000)
  const crlOf = async (signer: typeof root, serialNumber: string) => {
    const entries = [encodeCrlEntry({ serialNumber, revokedAt, reason: 'cACompromise' })]
    const life = { thisUpdate: now, nextUpdate: new Date(now.getTime() + DAY) }
    return encodePem('X509 CRL', await issueCrl(signer, { ...life, number: 1, entries }))
  }
  const both = next.certificatePem + authorities
  const pinned = (crl: string) => pinRoot(root.certificatePem, fingerprint, DOMAIN, both + crl)
  const revoked = pinned(await crlOf(root, users.serialNumber))
  const bob = createParty({ ...installation, users: next }, 'bob')
  const seconds = new Date(Math.floor(revokedAt.getTime() / 1000) * 1000)
  t.throws(() => verifyUserCertificate(alice.certificate, 'alice', revoked, now), {
    code: 'certificate_invalid',
    message: /a CA that the root has revoked/,
  })
  t.throws(() => verifyUserCertificate(alice.certificate, 'alice', revoked, seconds), /has revoked/)
  t.ok(verifyUserCertificate(alice.certificate, 'alice', revoked, new Date(seconds.getTime() - 1)))
  t.ok(verifyUserCertificate(bob.certificate, 'bob', revoked, now))
  t.ok(verifyUserCertificate(alice.certificate, 'alice', pinned(await crlOf(root, next.serialNumber)), now))
  const foreign = await crlOf(createInstallation().root, users.serialNumber)
  t.throws(() => pinned(foreign), { code: 'certificate_invalid', message: /CRL of the root .* did not sign it/ })
  t.throws(() => pinned(foreign.replace('MII', 'MIJ')), /CRL of the root cannot be read/)
})
