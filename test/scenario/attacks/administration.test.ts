import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createCertificateRequest, generateKey } from '../../../src/client/keys.js'
import { byPassword, fetched, recovered, renewed } from '../../support/account.js'
import { DOCUMENT } from '../../support/conformance.js'
import { atConsole, grant } from '../../support/console.js'
import { shown } from '../../support/public-parts.js'
import { startServer } from '../../support/server.js'
import { registerUser, type User } from '../../support/user.js'

const DAY = 24 * 3600_000

let now = Date.now()
// Were its certificate due when the clock goes ahead, it would have another from then on, which is not valid yet here.
const life = { serverLifeMs: 400 * DAY }
const server = await startServer(t, { HERMES_CERTIFICATES_PER_HOUR: '0' }, () => new Date(now), life)
const victim = await registerUser(server, 'victim')
let count = 0
const newUser = () => registerUser(server, `user-${++count}`)

async function newAdministrator(): Promise<User> {
  const user = await newUser()
  await grant(server, user, 'administrator')
  return user
}

/** Every route of administration that openapi.yaml has, so that a new one is covered by itself. */
const ROUTES = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.keys(item ?? {}).flatMap((method) =>
    path.startsWith('/admin/')
      ? [{ method: method.toUpperCase(), path: path.replace('{username}', 'victim').replace(/\{\w+\}/, '00') }]
      : [],
  ),
)

const state = async () => (await atConsole(server, 'GET', '/admin/users/victim')).text

async function refusedEverywhere(user: User, code: string) {
  const before = await state()
  for (const { method, path } of ROUTES)
    for (const body of method === 'POST' ? [{}, { reason: 'keyCompromise' }, { colour: 'red' }] : [undefined]) {
      const answer = await user.call(method, path, body)
      if (answer.status !== 403 || answer.json().code !== code) throw new Error(`${method} ${path}: ${answer.text}`)
    }
  if ((await state()) !== before) throw new Error('something was changed')
}

t.test('a user without the role, on every route', async (t) => {
  t.ok(ROUTES.length >= 8, 'there are some')
  await refusedEverywhere(await newUser(), 'forbidden')
})

t.test('an administrator who lost the role, or whose certificate is good no longer', async (t) => {
  const demoted = await newAdministrator()
  t.equal((await demoted.call('GET', '/admin/users')).status, 200)
  await grant(server, demoted, 'user')
  await refusedEverywhere(demoted, 'forbidden')

  const old = await newAdministrator()
  await renewed(server, old)
  t.equal((await old.call('GET', '/admin/users')).status, 200, 'for ten minutes')
  now += 10 * 60_000
  await refusedEverywhere(old, 'certificate_superseded')

  const revoked = await newAdministrator()
  const reason = { reason: 'superseded' }
  t.equal((await revoked.call('POST', `/admin/users/${revoked.username}/revoke`, reason)).status, 200)
  await refusedEverywhere(revoked, 'certificate_revoked')

  const disabled = await newAdministrator()
  t.equal((await disabled.call('POST', `/admin/users/${disabled.username}/disable`, {})).status, 200)
  await refusedEverywhere(disabled, 'account_disabled')
})

t.test('whoever has no more than the password of an administrator is none', async () => {
  await refusedEverywhere(await recovered(server, await newAdministrator()), 'forbidden')
})

t.test('a role that is lost while the request is under way does not count', async (t) => {
  const user = await newAdministrator()
  const before = await state()
  const outgoing = httpsRequest(`${server.hubUrl}/admin/users/${victim.username}/disable`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': 2, expect: '100-continue' },
    ...user.tls,
  })
  outgoing.flushHeaders()
  await once(outgoing, 'continue')
  await grant(server, user, 'user')
  outgoing.end('{}')
  const [incoming] = await once(outgoing, 'response')
  t.equal(incoming.statusCode, 403)
  t.match(await text(incoming), /"code":"forbidden"/)
  t.equal(await state(), before)
})

t.test('a certificate that has ended gets no other once all are revoked, nor does its key', async (t) => {
  const [administrator, plain, stolen, lost] = [
    await newAdministrator(),
    await newUser(),
    await newUser(),
    await newUser(),
  ]
  now += 90 * DAY
  const next = await renewed(server, administrator)
  const renewal = async (user: User) =>
    user.call('POST', '/renew', { csr: createCertificateRequest(await generateKey(), user.username) })
  const revoke = (user: User, reason: string) => next.call('POST', `/admin/users/${user.username}/revoke`, { reason })
  for (const [user, reason] of [
    [plain, 'privilegeWithdrawn'],
    [stolen, 'keyCompromise'],
  ] as const) {
    const { serialNumbers } = (await revoke(user, reason)).json<{ serialNumbers: readonly string[] }>()
    t.same(serialNumbers, [(await fetched(server, user)).serialNumber])
    t.equal((await renewal(user)).json().code, 'certificate_revoked', reason)
    t.equal((await fetched(server, user)).status, 'revoked')
  }
  const csr = createCertificateRequest(stolen.key, stolen.username)
  t.equal((await byPassword(server, stolen, '/recover', { csr })).json().code, 'csr_rejected')
  await recovered(server, lost, { reason: 'keyCompromise' })
  const again = createCertificateRequest(lost.key, lost.username)
  t.equal((await byPassword(server, lost, '/recover', { csr: again })).json().code, 'csr_rejected')
})

t.test('nobody makes himself or others an administrator over the network, not even an administrator', async (t) => {
  for (const user of [await newUser(), await newAdministrator()])
    for (const path of ['/admin/users/victim/grant', `/admin/users/${user.username}/grant`]) {
      const answer = await user.call('POST', path, { role: 'administrator' })
      t.equal(answer.json().code, 'not_found')
    }
  t.match(JSON.parse(await state()), { role: 'user' })
})

t.test('nobody touches the keys of the server or of its CAs over the network', async (t) => {
  const before = await shown(server.hubUrl)
  for (const user of [await newUser(), await newAdministrator()])
    for (const [path, body] of [
      ['/admin/authorities/refresh', {}],
      ['/admin/authorities/users/retire', {}],
      ['/admin/server-certificate/revoke', { reason: 'keyCompromise' }],
    ] as const)
      t.equal((await user.call('POST', path, body)).json().code, 'not_found', path)
  t.equal((await shown(server.hubUrl)).serialNumber, before.serialNumber)
})
