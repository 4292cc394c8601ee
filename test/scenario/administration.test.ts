import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { createCertificateRequest } from '../../src/client/keys.js'
import { byPassword, post, recovered, renewed } from '../support/account.js'
import { atConsole, grant } from '../support/console.js'
import { connect, refusedUpgrade } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser, type User } from '../support/user.js'

const server = await startServer(t, { HERMES_CERTIFICATES_PER_HOUR: '0' })
const carol = await registerUser(server, 'carol')
await grant(server, carol, 'administrator')

let count = 0
const newUser = () => registerUser(server, `user-${++count}`)
const serialOf = ({ certificate }: User) => new X509Certificate(certificate).serialNumber.toLowerCase()
const act = ({ username }: User, name: string, body: object = {}) =>
  carol.call('POST', `/admin/users/${username}/${name}`, body)

interface Listed {
  readonly users: { readonly username: string }[]
  readonly certificates: { readonly username: string; readonly serialNumber: string }[]
  readonly more: boolean
}

t.test('an administrator lists users and certificates page by page, by certificate', async (t) => {
  for (let n = 0; n < 5; n += 1) await newUser()
  const names: string[] = []
  for (let more = true; more; ) {
    const after = names.length === 0 ? '' : `&after=${names.at(-1)}`
    const page = (await carol.call('GET', `/admin/users?limit=2${after}`)).json<Listed>()
    names.push(...page.users.map(({ username }) => username))
    more = page.more
  }
  t.same(names, ['carol', 'user-1', 'user-2', 'user-3', 'user-4', 'user-5'])
  const first = (await carol.call('GET', '/admin/certificates?limit=3')).json<Listed>()
  const after = first.certificates.at(-1)?.serialNumber
  const second = (await carol.call('GET', `/admin/certificates?limit=3&after=${after}`)).json<Listed>()
  t.equal(new Set([...first.certificates, ...second.certificates].map(({ username }) => username)).size, 6)
  t.same([first.more, second.more], [true, false])
  t.match((await carol.call('GET', '/admin/users?role=administrator')).json(), { users: [{ username: 'carol' }] })
  t.match(await carol.call('GET', '/admin/certificates?username=nobody'), { status: 404 })
  const unknown = await carol.call('GET', '/admin/certificates?after=00')
  t.match(unknown.json(), { code: 'invalid_request', errors: [{ path: 'after' }] })
  const never = await carol.call('GET', '/admin/certificates?expiresBefore=2027-02-30T00:00:00Z')
  t.match(never.json(), { code: 'invalid_request', errors: [{ path: 'expiresBefore' }] })
})

t.test('a user who is disabled is out at once, and in again when he is enabled', async (t) => {
  const user = await newUser()
  const [live, waiting] = [await connect(t, server, user), user.call('GET', '/events?wait=30&device=poll')]
  t.match((await act(user, 'disable')).json(), { status: 'disabled', disabledAt: /Z$/ })
  t.match(await live.whenClosed(), { code: 4503 })
  t.equal((await waiting).json().code, 'account_disabled')
  t.equal((await user.call('GET', '/me')).json().code, 'account_disabled')
  t.equal((await refusedUpgrade(server, user)).json().code, 'account_disabled')
  const csr = createCertificateRequest(user.key, user.username)
  t.equal((await byPassword(server, user, '/recover', { csr })).json().code, 'account_disabled', 'nor by password')
  const { disabledAt } = (await act(user, 'disable')).json()
  t.equal((await act(user, 'disable')).json().disabledAt, disabledAt, 'a second time changes nothing')
  const enabled = (await act(user, 'enable')).json()
  t.match(enabled, { status: 'active' })
  t.notOk('disabledAt' in enabled)
  t.equal((await user.call('GET', '/me')).status, 200)
  await connect(t, server, user)
})

t.test('what an administrator revokes ends at once: one certificate, or all', async (t) => {
  const old = await newUser()
  const same = await renewed(server, old, old.key)
  const [first, second] = [
    await connect(t, server, old, { device: 'a' }),
    await connect(t, server, same, { device: 'b' }),
  ]
  const one = await act(old, 'revoke', { serialNumber: serialOf(old), reason: 'superseded' })
  t.same(one.json(), { serialNumbers: [serialOf(old)] })
  t.match(await first.whenClosed(), { code: 4501 })
  t.equal((await same.call('GET', '/me')).status, 200)
  const all = await act(old, 'revoke', { reason: 'privilegeWithdrawn' })
  t.same(all.json(), { serialNumbers: [serialOf(same)] })
  t.match(await second.whenClosed(), { code: 4501 })
  t.equal((await same.call('GET', '/me')).json().code, 'certificate_revoked')
  t.same((await act(old, 'revoke', { reason: 'superseded' })).json(), { serialNumbers: [] })
  const shown = await carol.call('GET', `/admin/certificates/${serialOf(same)}`)
  t.match(shown.json(), { status: 'revoked', revocationReason: 'privilegeWithdrawn' }, 'the first reason stays')
  const others = await act(carol, 'revoke', { serialNumber: serialOf(old), reason: 'superseded' })
  t.match(others.json(), { code: 'not_found' }, 'a certificate of another user')
})

t.test('keyCompromise bars the key for good', async (t) => {
  const user = await newUser()
  const next = await renewed(server, user)
  await act(user, 'revoke', { reason: 'keyCompromise' })
  for (const { key } of [user, next]) {
    const csr = createCertificateRequest(key, user.username)
    t.match((await byPassword(server, user, '/recover', { csr })).json(), {
      code: 'csr_rejected',
      detail: /compromised/,
    })
  }
  t.equal((await (await recovered(server, user)).call('GET', '/me')).status, 200, 'another key will do')
})

t.test('unlocking lifts locks and calls a deletion off', async (t) => {
  const user = await newUser()
  t.equal((await byPassword(server, user, '/delete-account')).status, 202)
  const wrong = { username: user.username, password: 'wrong, wrong, wrong' }
  for (let n = 0; n < 5; n += 1) await post(server, '/fetch-my', wrong)
  t.equal((await byPassword(server, user, '/fetch-my')).json().code, 'account_locked')
  const locked = (await carol.call('GET', `/admin/users/${user.username}`)).json()
  t.match(locked, { deletionAt: /Z$/, loginFailures: [{ address: '127.0.0.1', lockedUntil: /Z$/ }] })
  t.equal((await act(user, 'unlock')).status, 200)
  t.equal((await byPassword(server, user, '/fetch-my')).json().code, 'no_private_key', 'the password is taken')
  const unlocked = (await carol.call('GET', `/admin/users/${user.username}`)).json()
  t.same(unlocked.loginFailures, [])
  t.notOk('deletionAt' in unlocked)
})

t.test('users who are deleted are shown, and nothing more can be done to them', async (t) => {
  const user = await newUser()
  t.equal((await user.call('POST', '/delete-account', {})).status, 202)
  const shown = (await carol.call('GET', `/admin/users/${user.username}`)).json()
  t.match(shown, { status: 'deleted', deletedAt: /Z$/, certificate: { status: 'revoked' } })
  for (const name of ['enable', 'disable', 'unlock'])
    t.equal((await act(user, name)).json().code, 'user_not_found', name)
  t.equal((await act(user, 'revoke', { reason: 'superseded' })).json().code, 'user_not_found')
  const granted = await atConsole(server, 'POST', `/admin/users/${user.username}/grant`, { role: 'administrator' })
  t.equal(granted.json().code, 'user_not_found')
})
