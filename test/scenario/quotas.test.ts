import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { challenge, registerUsers } from '../support/user.js'

t.test('who has used a quota up is told which, and nobody else is held up', async (t) => {
  const server = await startServer(t, { HERMES_STARTS_PER_HOUR: '1', HERMES_STORED_BYTES_MAX: '20000' })
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const conversation = await conversationOf(server, a, b)
  const send = ({ client }: typeof a, payload: string) =>
    client.call('send', { conversation, messageId: randomUUID(), payload })

  const participants = [{ username: 'bob', fingerprint: bob.fingerprint }]
  await t.rejects(a.client.call('start', { participants }), {
    code: 429,
    message: /at most 1 conversations in an hour.*HERMES_STARTS_PER_HOUR/,
    data: { code: 'quota_exceeded', retryable: false, limit: 1, quota: 'startsPerHour' },
  })
  const outcomes = await Promise.allSettled([send(a, 'x'), send(a, 'x'.repeat(20_000)), send(a, 'y'), send(b, 'z')])
  t.match(outcomes, [
    { value: { seq: 5 } },
    { reason: { code: 429, message: /HERMES_STORED_BYTES_MAX/, data: { limit: 20_000, quota: 'storedBytes' } } },
    { value: {} },
    { value: {} },
  ])
  t.same(
    new Set(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.seq] : []))),
    new Set([5, 6, 7]),
    'without a hole',
  )

  const { username, fingerprint } = carol
  const invitation = { conversation, username, fingerprint, challenge: challenge() }
  await t.rejects(a.client.call('invite', { ...invitation, attachment: 'AAAA'.repeat(4000) }), {
    code: 429,
    data: { code: 'quota_exceeded', quota: 'storedBytes' },
  })
  await a.client.call('invite', invitation)
})

t.test('messages whose time is over are gone when the server starts again', async (t) => {
  const day = 24 * 3600 * 1000
  let now = Date.now()
  const server = await startServer(t, {}, () => new Date(now))
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const conversation = await conversationOf(server, a, b)
  await a.client.call('send', { conversation, messageId: randomUUID(), payload: 'old' })
  await server.close()

  now += 31 * day
  const environment = {
    HERMES_CERTS_DIR: server.certsDir,
    HERMES_DATABASE_URL: `file:${server.directory}/hermes.db`,
    HERMES_HEARTBEAT_SECONDS: '3600',
    HERMES_CLOCK_GRACE_HOURS: '0',
  }
  const again = await startServer(t, environment, () => new Date(now))
  const client = await connect(t, again, alice)
  let types: readonly string[] = ['message']
  while (types.includes('message')) {
    const { events } = await client.call('history', { conversation, after: 0 })
    types = events.map(({ type }: { type: string }) => type)
  }
  t.same(types, ['started', 'invited', 'accepted', 'joined'])
})
