import { equal, ok } from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { createCertificateRequest, generateKey } from '../../../src/client/keys.js'
import { byPassword, fetched, post, renewed } from '../../support/account.js'
import { grant } from '../../support/console.js'
import { acceptance, confirmation } from '../../support/handshake.js'
import { type HttpAnswer, request } from '../../support/https.js'
import { connect, type Fields } from '../../support/hub-client.js'
import { type Random, seeded } from '../../support/seeded.js'
import { startServer } from '../../support/server.js'
import { challenge, PASSWORD, registerUser, type User, userOf } from '../../support/user.js'

const ROUNDS = 6
const SPREAD_MS = 60
const seed = Number(process.env.RACE_SEED ?? 20_260_301)

const server = await startServer(t, {
  HERMES_CERTIFICATES_PER_HOUR: '0',
  HERMES_STARTS_PER_HOUR: '0',
  HERMES_PASSWORD_QUEUE_PER_ADDRESS: '64',
  HERMES_PASSWORD_QUEUE: '64',
})
const administrator = await registerUser(server, 'boss')
await grant(server, administrator, 'administrator')

type Ask = () => Promise<HttpAnswer>

/** In any order, close to each other; answers in the order given. */
function together(random: Random, asks: readonly Ask[]): Promise<readonly HttpAnswer[]> {
  return Promise.all(asks.map((ask) => pause(random() * SPREAD_MS).then(ask)))
}

async function newKey({ username }: User) {
  const key = await generateKey()
  return { key, csr: createCertificateRequest(key, username) }
}

function est(url: string, tls: object, csr: string, headers: Readonly<Record<string, string>> = {}) {
  const body = Buffer.from(csr.replaceAll(/-----[^-]+-----|\s/g, ''))
  const options = { method: 'POST', ...tls, headers: { 'content-type': 'application/pkcs10', ...headers } }
  return request(url, options, body)
}

/** Whatever gives a user a certificate, each with a key of its own. */
async function waysIn(user: User) {
  const { username, tls } = user
  const keys = await Promise.all(Array.from({ length: 5 }, () => newKey(user)))
  const [renewal, recovery, registration, enrollment, reenrollment] = keys.map(({ csr }) => csr) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const authorization = `Basic ${Buffer.from(`${username}:${PASSWORD}`).toString('base64')}`
  const asks: readonly Ask[] = [
    () => user.call('POST', '/renew', { csr: renewal }),
    () => byPassword(server, user, '/recover', { csr: recovery }),
    () => post(server, '/register', { username, password: PASSWORD, csr: registration }),
    () =>
      est(`${server.identityUrl}/.well-known/est/simpleenroll`, { ca: server.rootPem }, enrollment, { authorization }),
    () => est(`${server.hubUrl}/.well-known/est/simplereenroll`, tls, reenrollment),
  ]
  /** The users under what was answered, by EST apart. */
  const holders = (answers: readonly HttpAnswer[]) =>
    answers.flatMap((answer, index) => {
      const key = keys[index]?.key
      if (answer.status !== 201 || key === undefined) return []
      const { certificate, fingerprint } = answer.json<{ certificate: string; fingerprint: string }>()
      return [userOf(server, username, key, certificate, fingerprint)]
    })
  return { asks, holders }
}

for (const [what, end, isDeleted] of [
  ['a deletion', (user: User) => user.call('POST', '/delete-account', {}), true],
  [
    'an administrator who disables it',
    ({ username }: User) => administrator.call('POST', `/admin/users/${username}/disable`, {}),
    false,
  ],
] as const)
  t.test(`${what} beside all that gives an account a certificate: none is good after it`, async (t) => {
    const endings: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const random = seeded(seed + round)
      const user = await registerUser(server, `${what.split(' ').at(-1)}-${round}`)
      const { asks, holders } = await waysIn(user)
      const [ended, ...answers] = await together(random, [() => end(user), ...asks])
      for (const { status, text } of answers) ok(status < 500, text)
      // Whoever was renewed or recovered first could not delete under the certificate that it replaced.
      endings.push(ended?.status ?? 0)
      if (ended === undefined || ended.status >= 400) continue
      for (const holder of [user, ...holders(answers)]) {
        const answer = await holder.call('GET', '/me')
        equal(answer.status, 403, `round ${round}: ${answer.text}`)
        ok(['account_disabled', 'certificate_revoked'].includes(String(answer.json().code)), answer.text)
      }
      const path = `/admin/certificates?username=${user.username}&status=active`
      const { certificates } = (await administrator.call('GET', path)).json<{ certificates: unknown[] }>()
      if (isDeleted) equal(certificates.length, 0, `round ${round}: EST's neither`)
    }
    t.ok(
      endings.some((status) => status < 300),
      `it ended at times: ${endings.join()}`,
    )
  })

t.test('confirm beside the revocation of either party: joined before it, or never', async (t) => {
  const [alice, bob] = [await registerUser(server, 'alice'), await registerUser(server, 'bob')]
  const ends = new Map<string, number>()
  let [inviter, invitee] = [alice, bob]
  for (let round = 0; round < 3 * ROUNDS; round += 1) {
    const random = seeded(seed + round)
    const device = `race-${round % 2}`
    const a = await connect(t, server, inviter, { device })
    const b = await connect(t, server, invitee, { device })
    const { conversation } = await a.call('start', { participants: [{ certificate: invitee.certificate }] })
    const { username, fingerprint } = invitee
    const { invitation } = await a.call('invite', { conversation, username, fingerprint, challenge: challenge() })
    const of = (type: string) => (event: Fields) => event.type === type && event.invitation === invitation
    const invited = await b.event(of('invited'))
    await b.call('accept', acceptance(server, invitee, invited))
    const proof = confirmation(server, inviter, invited, await a.event(of('accepted')))
    // He goes on under the next one, and what he revokes is the one that stands in the invitation.
    const nextInviter = await renewed(server, inviter)
    const nextInvitee = await renewed(server, invitee)
    const [revoker, revoked] = random() < 0.5 ? [nextInviter, inviter] : [nextInvitee, invitee]
    const { signature } = proof
    const confirm = () => inviter.call('POST', `/invitations/${invitation}/confirm`, { signature })
    const serialNumber = (await revoked.call('GET', '/me')).json<{ identity: { serialNumber: string } }>().identity
      .serialNumber
    const [confirmed, revocation] = await Promise.all([
      pause(random() * 4).then(confirm),
      pause(random() * 4).then(() => revoker.call('POST', '/revoke', { serialNumber, reason: 'superseded' })),
    ])
    equal(revocation.status, 204)
    const again = await confirm()
    const log = await nextInviter.call('GET', `/conversations/${conversation}/events?after=0`)
    const types = log.json<{ events: Fields[] }>().events.map(({ type }) => String(type))
    const end = types.includes('joined') ? 'joined' : 'not'
    ends.set(end, (ends.get(end) ?? 0) + 1)
    equal(confirmed.status === 200, end === 'joined', `round ${round}: ${confirmed.text} and ${types.join()}`)
    if (end !== 'joined') ok(again.status >= 400, `round ${round}: ${again.text}`)
    ;[inviter, invitee] = [nextInviter, nextInvitee]
    await Promise.all([a.close().catch(() => undefined), b.close().catch(() => undefined)])
  }
  t.comment(Object.fromEntries(ends))
  t.ok(ends.get('joined') && ends.get('not'), 'both happen')
  t.equal((await fetched(server, alice)).status, 'valid')
})
