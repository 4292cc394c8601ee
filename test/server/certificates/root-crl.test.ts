import { createPrivateKey, X509Certificate } from 'node:crypto'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createAuthority } from '../../../src/pki/authority.js'
import { crlNumber, isCrlOf, parseCrl } from '../../../src/pki/crl.js'
import { encodeCrlEntry, readCrlEntries } from '../../../src/pki/crl-entry.js'
import { issueCrl } from '../../../src/pki/issue-crl.js'
import { decodePem, encodePem } from '../../../src/pki/pem.js'
import { type CertificateOptions, openCertificates } from '../../../src/server/certificate-files.js'
import type { KnownRevocations } from '../../../src/server/certificates/known-revocations.js'
import { makeSuccessor } from '../../../src/server/certificates/succession.js'

const DAY = 86_400_000
const T0 = Date.UTC(2027, 0, 2, 3, 4, 5)

function scene(t: Test, pkiUrl: string | null = null) {
  const directory = join(t.testdir(), 'certs')
  const options: Omit<CertificateOptions, 'now'> = {
    directory,
    hostnames: ['localhost'],
    passphraseFile: null,
    tlsCertFile: null,
    tlsKeyFile: null,
    pkiUrl,
  }
  const file = (name: string) => join(directory, name)
  const start = (day: number, url = pkiUrl, more: { readonly known?: KnownRevocations } = {}) =>
    openCertificates({ ...options, pkiUrl: url, now: new Date(T0 + day * DAY), ...more })
  const crl = () => parseCrl(decodePem(readFileSync(file('root-ca.crl'), 'utf8'), ['X509 CRL']))
  return { directory, file, start, crl }
}

/** Where the certificates say that CRL, OCSP and issuer are. */
const infoOf = (pem: string) => new X509Certificate(pem).infoAccess?.trim().split('\n') ?? []

t.test("the root's CRL is made with the root, for a year, and again in time while its key is there", async (t) => {
  const { file, start, crl } = scene(t)
  const { root, rootCrlDue } = await start(0)
  t.notOk(rootCrlDue)
  const first = crl()
  t.ok(isCrlOf(first, root))
  t.equal(first.tbs.entries, null)
  t.equal(first.tbs.nextUpdate?.getTime(), T0 + 365 * DAY)
  t.equal(crlNumber(first.tbs), BigInt(T0 / 1000))
  await start(200)
  t.equal(crlNumber(crl().tbs), BigInt(T0 / 1000), 'it is not due')
  await start(244)
  t.equal(crlNumber(crl().tbs), BigInt((T0 + 244 * DAY) / 1000))

  copyFileSync(file('root-ca.key'), file('elsewhere'))
  rmSync(file('root-ca.key'))
  t.notOk((await start(300)).rootCrlDue)
  t.ok((await start(600)).rootCrlDue, 'and nobody can make another')
  rmSync(file('root-ca.crl'))
  t.ok((await start(601)).rootCrlDue)
  copyFileSync(file('elsewhere'), file('root-ca.key'))
  t.notOk((await start(602)).rootCrlDue)
  t.ok(isCrlOf(crl(), root))
})

t.test('what the CRL before listed stays listed', async (t) => {
  const { file, start, crl } = scene(t)
  const { root } = await start(0)
  const signer = createAuthority(root.certificatePem, createPrivateKey(readFileSync(file('root-ca.key'), 'utf8')))
  const revoked = encodeCrlEntry({ serialNumber: '01ab', revokedAt: new Date(T0), reason: 'cACompromise' })
  const life = { thisUpdate: new Date(T0), nextUpdate: new Date(T0 + 30 * DAY) }
  const der = await issueCrl(signer, { ...life, number: 2 ** 40, entries: [revoked] })
  writeFileSync(file('root-ca.crl'), encodePem('X509 CRL', der))
  await start(29)
  t.equal(crlNumber(crl().tbs), 2n ** 40n + 1n, 'one more than the last')
  t.same(Buffer.from(crl().tbs.entries ?? []), revoked)
})

t.test('one that is missing is made anew with what the database knows to be revoked', async (t) => {
  const { directory, file, start, crl } = scene(t)
  const { authorities } = await start(0)
  await makeSuccessor('users', { directory, passphraseFile: null, pkiUrl: null, now: new Date(T0) })
  rmSync(file('root-ca.crl'))
  const revokedAt = new Date(T0 + 5 * DAY)
  const known = { rootCrl: 2 ** 40, revoked: [{ name: 'users', revokedAt }] } as const
  const again = await start(6, null, { known })
  t.notOk(again.rootCrlDue)
  const [users] = authorities.generations
  const listed = { serialNumber: users?.certificate.serialNumber, revokedAt, reason: null }
  t.same(readCrlEntries(crl().tbs.entries), [listed])
  t.equal(crlNumber(crl().tbs), 2n ** 40n + 1n)
  t.match(again.authorities, { revoked: [{ name: 'users' }], rootCrl: { number: 2n ** 40n + 1n } })
})

t.test('a file that is no CRL of this root stops the start', async (t) => {
  const { file, start } = scene(t)
  await start(0)
  await t.test('of another root', async (t) => {
    const foreign = scene(t)
    await foreign.start(0)
    copyFileSync(foreign.file('root-ca.crl'), file('root-ca.crl'))
  })
  await t.rejects(start(1), {
    code: 'invalid_request',
    message: /root-ca\.crl: it is not a CRL that root-ca\.pem has signed/,
  })
  writeFileSync(file('root-ca.crl'), 'half')
  await t.rejects(start(1), { code: 'invalid_request', message: /root-ca\.crl: .*PEM/ })
  rmSync(file('root-ca.crl'))
  t.notOk((await start(1)).rootCrlDue)
})

t.test('certificates of the first start say where CRLs are, if that is known', async (t) => {
  const { start, file } = scene(t, 'http://pki.example.org')
  const { users, servers, server } = await start(0)
  for (const { certificatePem } of [users, servers])
    t.same(infoOf(certificatePem), ['CA Issuers - URI:http://pki.example.org/ca/root'], 'the root answers no OCSP')
  const [leaf = ''] = server.certificatePem.split(/(?<=END CERTIFICATE-----\n)/)
  t.same(infoOf(leaf), ['OCSP - URI:http://pki.example.org/ocsp', 'CA Issuers - URI:http://pki.example.org/ca/servers'])
  t.ok(Buffer.from(decodePem(leaf, ['CERTIFICATE'])).includes('http://pki.example.org/crl/servers'))
  t.ok(Buffer.from(users.certificateDer).includes('http://pki.example.org/crl/root'))

  t.notOk((await start(1)).renewed)
  const moved = await start(2, 'http://elsewhere.example.org')
  t.ok(moved.renewed, 'the server certificate goes where its URL goes')
  t.match(infoOf(moved.server.certificatePem)[0], /elsewhere/)
  t.notOk((await start(3, null)).renewed, 'a URL that is not known changes nothing')
  t.ok(readFileSync(file('server.pem'), 'utf8').startsWith(moved.server.certificatePem.slice(0, 200)))

  const unknown = await scene(t).start(0)
  t.same(infoOf(unknown.users.certificatePem), [])
  t.same(infoOf(unknown.server.certificatePem), [])
})
