import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../src/client/keys.js'
import { byPassword, fetched } from '../support/account.js'
import { type HttpAnswer, request } from '../support/https.js'
import { startServer } from '../support/server.js'
import { PASSWORD, registerUser, type User } from '../support/user.js'

const server = await startServer(t, { HERMES_BODY_BYTES: '65536', HERMES_TRUSTED_PROXIES: '127.0.0.1' })

const base64Of = (csr: string) => csr.replaceAll(/-----[^-]+-----|\s/g, '')
const csrOf = async (username: string) => base64Of(createCertificateRequest(await generateKey(), username))
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

interface Changes {
  readonly authorization?: string
  readonly contentType?: string
  /** From where the request came: the tests are the trusted proxy. */
  readonly address?: string
}

function enroll(
  body: string,
  { authorization, contentType = 'application/pkcs10', address }: Changes,
): Promise<HttpAnswer> {
  const headers = {
    'content-type': contentType,
    ...(authorization !== undefined && { authorization }),
    ...(address !== undefined && { 'x-forwarded-for': address }),
  }
  const url = `${server.identityUrl}/.well-known/est/simpleenroll`
  return request(url, { method: 'POST', ca: server.rootPem, headers }, Buffer.from(body))
}

/** The certificates of a certs-only answer, as OpenSSL reads them. */
function certificatesOf(t: Test, { text, headers }: HttpAnswer): readonly X509Certificate[] {
  t.equal(headers['content-type'], 'application/pkcs7-mime; smime-type=certs-only')
  const input = Buffer.from(text, 'base64')
  const pem = execFileSync('openssl', ['pkcs7', '-inform', 'DER', '-print_certs'], { input }).toString()
  const certificates = pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []
  return certificates.map((certificate) => new X509Certificate(certificate))
}

t.test('both listeners tell the certificates of the CA, and what a request should have', async (t) => {
  const alice = await registerUser(server, 'alice')
  const get = (path: string) => request(`${server.identityUrl}/.well-known/est/${path}`, { ca: server.rootPem })
  const fromHub = (path: string) => alice.call('GET', `/.well-known/est/${path}`)
  const root = new X509Certificate(server.rootPem)
  for (const answer of [await get('cacerts'), await fromHub('cacerts')]) {
    t.match(answer, { status: 200, headers: { 'content-length': String(answer.text.length) } })
    const subjects = certificatesOf(t, answer).map(({ subject }) => subject)
    t.equal(subjects.at(-1), root.subject)
    t.equal(subjects.length, 3)
  }
  for (const answer of [await get('csrattrs'), await fromHub('csrattrs')]) {
    t.match(answer, { status: 200, headers: { 'content-type': 'application/csrattrs' } })
    const asn1 = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], { input: Buffer.from(answer.text, 'base64') })
    t.match(asn1.toString(), /id-ecPublicKey[\s\S]*prime256v1[\s\S]*ecdsa-with-SHA256/)
  }
})

t.test('an enrollment registers, and says no more than that a name is taken', async (t) => {
  const csr = await csrOf('bob')
  const authorization = basic(`bob:${PASSWORD}`)
  const lines = `${csr.match(/.{1,64}/g)?.join('\r\n')}\r\n`
  const [certificate] = certificatesOf(t, await enroll(lines, { authorization }))
  t.match(certificate?.subject, /bob/)
  const again = await enroll(csr, { authorization: authorization.replace('Basic', 'basic  ') })
  t.equal(certificatesOf(t, again)[0]?.fingerprint256, certificate?.fingerprint256)
  const wrong = await enroll(csr, { authorization: basic('bob:another password') })
  t.match(wrong, { status: 401, headers: { connection: 'close', 'www-authenticate': /^Basic realm=/ } })
  t.equal(wrong.json().code, 'invalid_credentials')
  const ofAnother = await enroll(await csrOf('alice'), { authorization })
  t.match(ofAnother.json(), { code: 'csr_rejected', detail: /alice|bob/ })
  t.equal((await fetched(server, { username: 'bob' } as User)).status, 'valid')
})

t.test('what is no enrollment is refused, with what is allowed', async (t) => {
  const csr = await csrOf('carol')
  const authorization = basic(`carol:${PASSWORD}`)
  const challenged = { status: 401, headers: { 'www-authenticate': /^Basic realm="Hermes", charset="UTF-8"$/ } }
  for (const other of [undefined, '', 'Basic', 'Basic !', 'Bearer YTpi', `Digest ${authorization}`])
    t.match(await enroll(csr, other === undefined ? {} : { authorization: other }), challenged, String(other))
  const refused = async (status: number, code: string, body: string, changes: Changes) => {
    const answer = await enroll(body, changes)
    t.same([answer.status, answer.json().code], [status, code], JSON.stringify(changes))
  }
  await refused(400, 'invalid_request', csr, { authorization: basic('no colon') })
  await refused(400, 'invalid_request', csr, { authorization: basic(`CAROL!:${PASSWORD}`) })
  await refused(400, 'invalid_request', csr, { authorization: `Basic ${Buffer.from([0xff, 0x3a]).toString('base64')}` })
  await refused(400, 'invalid_request', csr, { authorization: basic('carol:short') })
  await refused(400, 'invalid_request', csr, { authorization: basic(`\ufeffcarol:${PASSWORD}`) })
  await refused(400, 'invalid_request', csr, { authorization: basic(`carol:${'x'.repeat(73)}`) })
  await refused(400, 'invalid_request', csr, { authorization: basic(`admin:${PASSWORD}`) })
  await refused(415, 'unsupported_media_type', csr, { authorization, contentType: 'application/json' })
  await refused(413, 'too_large', 'A'.repeat(70_000), { authorization })
  for (const body of ['%', '-----BEGIN CERTIFICATE REQUEST-----', 'AAAA', `${csr}=${csr}`, csr.slice(4)])
    await refused(422, 'csr_rejected', body, { authorization })
  t.equal((await request(`${server.identityUrl}/fetch/carol`, { ca: server.rootPem })).status, 404, 'nobody is there')
})

t.test('an enrollment with another key is a recovery', async (t) => {
  const dora = await registerUser(server, 'dora')
  const answer = await enroll(await csrOf('dora'), { authorization: basic(`dora:${PASSWORD}`) })
  const [certificate] = certificatesOf(t, answer)
  t.equal((await dora.call('GET', '/me')).json().code, 'certificate_revoked')
  const { serialNumber } = await fetched(server, dora)
  t.equal(certificate?.serialNumber.toLowerCase(), serialNumber)
})

t.test('wrong passwords lock the account for their address, there and everywhere', async (t) => {
  const heidi = await registerUser(server, 'heidi')
  const csr = base64Of(createCertificateRequest(heidi.key, 'heidi'))
  const address = '192.0.2.1'
  const wrong = await enroll(csr, { authorization: basic('heidi:a wrong password'), address })
  t.equal(wrong.json().code, 'invalid_credentials')
  for (const guess of [`${PASSWORD}\0`, 'x'.repeat(73), 'short', '']) {
    const answer = await enroll(csr, { authorization: basic(`heidi:${guess}`), address })
    t.equal(answer.json().code, 'invalid_credentials', 'nor can it be such')
  }
  const authorization = basic(`heidi:${PASSWORD}`)
  const locked = await enroll(csr, { authorization, address })
  t.match(locked, { status: 429, headers: { connection: 'close', 'retry-after': /^\d+$/ } })
  t.equal(locked.json().code, 'account_locked')
  t.notOk(locked.headers['www-authenticate'], 'to ask again would not help')
  const elsewhere = await enroll(csr, { authorization, address: '192.0.2.2' })
  t.equal(certificatesOf(t, elsewhere)[0]?.raw.equals(new X509Certificate(heidi.certificate).raw), true)
  t.equal((await heidi.call('POST', '/unlock', {})).status, 204)
  certificatesOf(t, await enroll(csr, { authorization, address }))
})

t.test('a deleted name is given to nobody, and a recovery leaves no locked key', async (t) => {
  const [ivan, judy] = [await registerUser(server, 'ivan'), await registerUser(server, 'judy')]
  t.equal((await ivan.call('POST', '/delete-account', {})).status, 202)
  const again = await enroll(await csrOf('ivan'), { authorization: basic(`ivan:${PASSWORD}`) })
  t.equal(again.json().code, 'username_taken')
  const encryptedPrivateKey = await lockPrivateKey(judy.key, 'a password of its own')
  t.equal((await byPassword(server, judy, '/escrow', { encryptedPrivateKey })).status, 204)
  const authorization = basic(`judy:${PASSWORD}`)
  certificatesOf(t, await enroll(base64Of(createCertificateRequest(judy.key, 'judy')), { authorization }))
  t.equal((await byPassword(server, judy, '/fetch-my')).status, 200, 'kept with the key it belongs to')
  certificatesOf(t, await enroll(await csrOf('judy'), { authorization }))
  t.equal((await byPassword(server, judy, '/fetch-my')).json().code, 'no_private_key')
})

t.test('one who asks twice at once gets one certificate', async (t) => {
  const [csr, authorization] = [await csrOf('erin'), basic(`erin:${PASSWORD}`)]
  const answers = await Promise.all([1, 2, 3].map(() => enroll(csr, { authorization })))
  const fingerprints = answers.map((answer) => certificatesOf(t, answer)[0]?.fingerprint256)
  t.equal(new Set(fingerprints).size, 1)
})

t.test('a renewal is for whoever the connection proves, and for nobody else', async (t) => {
  const [frank, grace] = [await registerUser(server, 'frank'), await registerUser(server, 'grace')]
  const url = `${server.hubUrl}/.well-known/est/simplereenroll`
  const reenroll = (body: string, tls: object, contentType = 'application/pkcs10') =>
    request(url, { method: 'POST', ...tls, headers: { 'content-type': contentType } }, Buffer.from(body))
  const csr = await csrOf('frank')
  const code = async (answer: Promise<HttpAnswer>) => (await answer).json().code
  t.equal(await code(reenroll(csr, { ca: server.rootPem })), 'certificate_required')
  t.equal(await code(reenroll(csr, grace.tls)), 'csr_rejected', 'the name of another')
  t.equal(await code(reenroll('%', frank.tls)), 'csr_rejected')
  t.equal(await code(reenroll(csr, frank.tls, 'application/json')), 'unsupported_media_type')
  t.equal(await code(reenroll('A'.repeat(70_000), frank.tls)), 'too_large')
  const [first] = certificatesOf(t, await reenroll(csr, frank.tls))
  const [again] = certificatesOf(t, await reenroll(csr, frank.tls))
  t.equal(again?.fingerprint256, first?.fingerprint256, 'an answer that was lost')
  t.equal(await code(reenroll(await csrOf('frank'), frank.tls)), 'certificate_superseded')
  t.equal((await grace.call('POST', '/revoke', { reason: 'superseded' })).status, 204)
  t.equal(await code(reenroll(await csrOf('grace'), grace.tls)), 'certificate_revoked')
})
