import { Agent } from 'node:https'
import t from 'tap'
import { renewed } from '../support/account.js'
import { grant } from '../support/console.js'
import { request } from '../support/https.js'
import { connect, refusedUpgrade } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser, registerUsers, type User } from '../support/user.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

let now = Date.now()
const server = await startServer(t, { HERMES_CERTIFICATE_DAYS: '1' }, () => new Date(now))

t.test('each end of a certificate ends what is live and refuses what is new, for this user alone', async (t) => {
  // The first to come is the first whose certificate ends.
  const early = await registerUser(server, 'expired')
  const end = now + DAY_MS
  now += HOUR_MS
  const carol = await registerUser(server, 'carol')
  await grant(server, carol, 'administrator')
  const asked = (status: number, path: string, body: object) => async (user: User) => {
    t.equal((await user.call('POST', path, body)).status, status)
  }
  const disable = async ({ username }: User) => asked(200, `/admin/users/${username}/disable`, {})(carol)
  const supersede = async (user: User) => {
    await renewed(server, user)
    now += 10 * MINUTE_MS
  }
  const outlive = async () => {
    now = end
  }
  const cases = [
    ['revoked', asked(204, '/revoke', { reason: 'keyCompromise' }), 4501, 'certificate_revoked'],
    ['disabled', disable, 4503, 'account_disabled'],
    ['deleted', asked(202, '/delete-account', {}), 4503, 'account_disabled'],
    ['superseded', supersede, 4506, 'certificate_superseded'],
    ['expired', outlive, 4502, 'certificate_expired'],
  ] as const
  const other = await connect(t, server, await registerUser(server, 'other'))
  for (const [name, bringAbout, close, code] of cases) {
    const user = name === 'expired' ? early : await registerUser(server, name)
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...user.tls })
    t.teardown(() => agent.destroy())
    const onKeptConnection = () => request(`${server.hubUrl}/me`, { agent })
    t.equal((await onKeptConnection()).status, 200)
    const sockets = [await connect(t, server, user), await connect(t, server, user, { device: 'phone' })]
    const poll = user.call('GET', '/events?device=poll&wait=55')
    await arrived(user)
    await bringAbout(user)
    for (const socket of sockets) t.match(await socket.whenClosed(), { code: close }, name)
    const ended = await poll
    t.match(ended, { status: 403, headers: { connection: 'close' } }, name)
    t.equal(ended.json().code, code)
    t.equal((await onKeptConnection()).json().code, code, 'the next request of a connection that was there')
    t.equal((await user.call('GET', '/me')).json().code, code, 'a new connection')
    t.equal((await refusedUpgrade(server, user)).json().code, code)
  }
  t.match(await other.call('whoami'), { identity: { username: 'other' } })
})

/** Some round trips later what was asked before has arrived. */
async function arrived(user: User): Promise<void> {
  for (let trip = 0; trip < 5; trip += 1) await user.call('GET', '/conversations')
}

t.test('a superseded certificate has its ten minutes, and is then closed without anybody asking', async (t) => {
  const { dora, idle } = await registerUsers(server, 'dora', 'idle')
  const [busy, quiet] = [await connect(t, server, dora), await connect(t, server, idle)]
  for (const user of [dora, idle]) await renewed(server, user)
  t.match(await busy.call('whoami'), { identity: { username: 'dora' } })
  t.equal((await dora.call('GET', '/me')).status, 200)
  now += 10 * MINUTE_MS
  const late = t.rejects(busy.call('whoami'), 'a frame that comes then is not answered')
  for (const client of [busy, quiet]) t.match(await client.whenClosed(), { code: 4506 })
  await late
})
