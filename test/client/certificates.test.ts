import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { pinRoot, verifyUserCertificate } from '../../src/client/certificates.js'
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
