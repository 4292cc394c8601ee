import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../src/client/keys.js'
import { makeSuccessor } from '../../src/server/certificates/succession.js'
import { renewed } from '../support/account.js'
import { answered, checkAnswer, checkEvent, checkResult, DOCUMENT, seenEvents } from '../support/conformance.js'
import { atConsole, grant } from '../support/console.js'
import { acceptance, confirmation, join } from '../support/handshake.js'
import { request } from '../support/https.js'
import { connect, type Fields } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { challenge, PASSWORD, registerUsers } from '../support/user.js'

const PROBLEM = { 'content-type': 'application/problem+json' }

t.test('live answers of every route fit openapi.yaml, and so do the events', async (t) => {
  const server = await startServer(t)
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const get = (path: string, headers: Record<string, string> = {}) =>
    request(`${server.identityUrl}${path}`, { ca: server.rootPem, headers })
  const post = (path: string, body: unknown) =>
    request(`${server.identityUrl}${path}`, { method: 'POST', ca: server.rootPem }, body)

  const key = await generateKey()
  const locked = await lockPrivateKey(key, 'another password of hers')
  const csr = createCertificateRequest(key, 'dora')
  const dora = { username: 'dora', password: PASSWORD, csr, encryptedPrivateKey: locked }
  t.equal((await post('/register', dora)).status, 201)
  t.equal((await post('/register', dora)).status, 409)
  t.equal((await post('/register', {})).status, 400)
  t.equal((await post('/fetch-my', { username: 'dora', password: PASSWORD })).status, 200)
  t.equal((await post('/fetch-my', { username: 'dora', password: 'wrong, wrong, wrong' })).status, 401)
  t.equal((await post('/fetch-my', { username: 'alice', password: PASSWORD })).status, 404)
  for (const accept of ['application/json', 'application/x-pem-file', 'application/pkix-cert'])
    t.equal((await get('/fetch/dora', { accept })).status, 200, accept)
  const { etag } = (await get('/fetch/dora')).headers
  t.equal((await get('/fetch/dora', { 'if-none-match': String(etag) })).status, 304)
  t.equal((await get('/fetch/nobody-there')).status, 404)
  for (const path of [
    ...['/ca', '/ca/users', '/ca/servers', '/ca/root', `/ca/root/${server.rootFingerprint}`],
    ...['/crl/users', '/crl/servers', '/crl/root', '/ocsp/MAA=', '/.well-known/hermes'],
    ...['/.well-known/est/cacerts', '/.well-known/est/csrattrs'],
    ...['/health/live', '/health/ready', '/openapi.yaml', '/asyncapi.yaml'],
  ])
    t.equal((await get(path)).status, 200, path)
  for (const kind of ['users', 'servers'] as const) {
    await makeSuccessor(kind, { directory: server.certsDir, passphraseFile: null, pkiUrl: null, now: new Date() })
    t.equal((await atConsole(server, 'POST', '/admin/authorities/refresh', {})).status, 200)
    for (const path of [`/ca/${kind}-2`, `/crl/${kind}-2`]) t.equal((await get(path)).status, 200, path)
    for (const path of [`/ca/${kind}-3`, `/crl/${kind}-3`]) t.equal((await get(path)).status, 404, path)
    for (const path of [`/ca/${kind}-1`, `/crl/${kind}-02`]) t.equal((await get(path)).status, 400, path)
  }
  const asked = { method: 'POST', ca: server.rootPem, headers: { 'content-type': 'application/ocsp-request' } }
  t.equal((await request(`${server.identityUrl}/ocsp`, asked, Buffer.from([0x30, 0]))).status, 200)

  const est = { method: 'POST', ca: server.rootPem, headers: { 'content-type': 'application/pkcs10' } }
  const pkcs10 = Buffer.from(csr.replaceAll(/-----[^-]+-----/g, ''))
  const basic = { authorization: `Basic ${Buffer.from(`dora:${PASSWORD}`).toString('base64')}` }
  const enrolled = { ...est, headers: { ...est.headers, ...basic } }
  t.equal((await request(`${server.identityUrl}/.well-known/est/simpleenroll`, enrolled, pkcs10)).status, 200)
  t.equal((await request(`${server.identityUrl}/.well-known/est/simpleenroll`, est, pkcs10)).status, 401)

  const a = await connect(t, server, alice)
  const b = await connect(t, server, bob)
  const c = await connect(t, server, carol)
  const call = async (user: typeof alice, method: 'GET' | 'POST', path: string, body?: object) => {
    const answer = await user.call(method, path, body)
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.json<Fields>()
  }
  const participants = [{ username: 'bob', fingerprint: bob.fingerprint }, { certificate: carol.certificate }]
  const { conversation } = await call(alice, 'POST', '/conversations', { participants })
  const base = `/conversations/${conversation}`
  const invite = ({ username, fingerprint }: typeof bob) =>
    call(alice, 'POST', `${base}/invitations`, { username, fingerprint, challenge: challenge() })

  const { invitation } = await invite(bob)
  const invited = await b.event((e) => e.invitation === invitation)
  await call(bob, 'POST', `/invitations/${invitation}/ack`, {})
  const { invitation: _, ...accept } = acceptance(server, bob, invited, 'a2V5')
  await call(bob, 'POST', `/invitations/${invitation}/accept`, accept)
  const accepted = await a.event((e) => e.type === 'accepted')
  const { invitation: __, ...confirm } = confirmation(server, alice, invited, accepted, {
    attachment: 'd2Vs',
    commit: 'Y28',
  })
  await call(alice, 'POST', `/invitations/${invitation}/confirm`, confirm)
  const declined = await invite(carol)
  await call(carol, 'POST', `/invitations/${declined.invitation}/decline`, { reason: 'not now' })
  const cancelled = await invite(carol)
  await call(alice, 'POST', `/invitations/${cancelled.invitation}/cancel`, {})
  const message = { messageId: randomUUID(), payload: 'x', contentType: 'text/plain' }
  const { seq } = await call(bob, 'POST', `${base}/messages`, message)
  await call(bob, 'POST', `${base}/signals`, { payload: 'x' })
  await a.event((e) => e.seq === seq)
  await call(alice, 'POST', `${base}/ack`, { seq })
  await call(alice, 'GET', `${base}/members`)
  await call(alice, 'GET', `${base}/events?after=0`)
  await call(alice, 'GET', '/conversations')
  await call(alice, 'GET', '/me')
  await call(alice, 'GET', '/me/audit')
  await call(bob, 'POST', `${base}/leave`, { reason: 'bye' })
  await a.event((e) => e.type === 'left')
  await call(alice, 'GET', '/events?device=other')
  await join(server, conversation, { user: alice, client: a }, { user: carol, client: c })
  await c.event((e) => e.type === 'joined')

  const phone = await renewed(server, carol)
  await call(phone, 'POST', `${base}/leave`, {})
  await a.event((e) => e.type === 'renewed')
  t.equal((await phone.call('POST', '/unlock', {})).status, 204)
  t.equal((await carol.call('POST', '/revoke', { reason: 'superseded' })).status, 204)
  const again = Buffer.from(createCertificateRequest(phone.key, 'carol').replaceAll(/-----[^-]+-----/g, ''))
  const reenrolled = { ...est, ...phone.tls }
  t.equal((await request(`${server.hubUrl}/.well-known/est/simplereenroll`, reenrolled, again)).status, 200)
  await grant(server, alice, 'administrator')
  await call(alice, 'GET', '/admin/users?limit=1')
  await call(alice, 'GET', '/admin/users/dora')
  await call(alice, 'GET', '/admin/certificates?status=active')
  await call(alice, 'GET', `/admin/certificates/${phone.fingerprint}`)
  for (const act of ['disable', 'enable', 'unlock']) await call(alice, 'POST', `/admin/users/dora/${act}`, {})
  await call(alice, 'POST', '/admin/users/carol/revoke', { reason: 'privilegeWithdrawn' })
  await call(alice, 'GET', '/admin/audit?after=1')
  await call(alice, 'GET', '/admin/audit/verification')
  const credentials = { username: 'dora', password: PASSWORD }
  t.equal((await post('/escrow', { ...credentials, encryptedPrivateKey: locked })).status, 204)
  t.equal((await post('/change-password', { ...credentials, newPassword: PASSWORD })).status, 204)
  t.equal((await post('/recover', { ...credentials, csr, reason: 'superseded' })).status, 201)
  t.equal((await post('/revoke', { ...credentials, reason: 'keyCompromise' })).status, 204)
  t.equal((await post('/delete-account', credentials)).status, 202)
  t.equal((await post('/revoke', { ...credentials, reason: 'because' })).status, 400)

  t.equal((await alice.call('GET', '/hub')).status, 400)
  const ids = Object.values(DOCUMENT.paths).flatMap((item) =>
    Object.values(item ?? {}).map((operation) => (operation as { readonly operationId: string }).operationId),
  )
  // `connect` is the upgrade itself: its answer has no body.
  t.same(
    ids.filter((id) => !answered.has(id) && id !== 'connect'),
    [],
    'every route was answered with success',
  )
  const types = ['started', 'invited', 'accepted', 'joined', 'declined', 'cancelled', 'left', 'renewed', 'message']
  t.same(
    types.filter((type) => !seenEvents.has(type)),
    [],
    'every type of event that can be had was pushed',
  )
})

t.test('the check itself: an answer that does not fit is refused', async (t) => {
  const url = 'https://localhost/me'
  const json = { 'content-type': 'application/json; charset=utf-8' }
  const problem = {
    type: 'urn:hermes:error:internal',
    title: 'x',
    status: 500,
    detail: 'x',
    code: 'internal',
    requestId: 'x',
  }
  const answer = (status: number, headers: Record<string, string>, body: object) => () =>
    checkAnswer('GET', url, { status, headers, text: JSON.stringify(body) })
  t.doesNotThrow(answer(500, PROBLEM, problem))
  t.throws(answer(500, json, problem), /application\/problem\+json/)
  t.throws(answer(500, PROBLEM, { ...problem, colour: 'red' }), /additional/)
  t.throws(answer(500, PROBLEM, { ...problem, status: 404 }), /another status/)
  t.throws(answer(500, PROBLEM, { ...problem, type: 'about:blank' }), /another type/)
  t.throws(answer(418, PROBLEM, { ...problem, status: 418 }), /a status that/)
  t.throws(answer(200, { 'content-type': 'text/plain' }, {}), /text\/plain/)
  t.throws(answer(200, json, { device: 'x', role: 'user' }), /identity/)
  t.throws(
    () => checkAnswer('GET', 'https://localhost/none', { status: 200, headers: json, text: '{}' }),
    /no operation/,
  )
  t.throws(() => checkResult('leave', { seq: 1, at: 'x' }), /additional/)
  t.throws(() => checkResult('leave', { seq: '1' }), /integer/)
  t.throws(() => checkEvent({ type: 'message', seq: 1 }))
})
