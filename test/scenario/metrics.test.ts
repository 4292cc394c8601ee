import { get } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { networkInterfaces } from 'node:os'
import t from 'tap'
import { makeSuccessor } from '../../src/server/certificates/succession.js'
import { atConsole } from '../support/console.js'
import { type Sample, scrape } from '../support/scrape.js'
import { startServer } from '../support/server.js'
import { watchedServer } from '../support/watched-server.js'

const server = await watchedServer(t)
const metricsUrl = server.metricsUrl ?? ''
const metrics = await scrape(metricsUrl)

function fits({ labels }: Sample, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value)
}

/** The sum of the samples of this name that have these labels. */
function sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
  const samples = [...metrics.values()].flatMap((series) => series.samples)
  return samples
    .filter((sample) => sample.name === name && fits(sample, labels))
    .reduce((total, { value }) => total + value, 0)
}

t.test('what happened is counted', async (t) => {
  const counted: readonly (readonly [string, Record<string, string>, number])[] = [
    ['hermes_registrations_total', {}, 3],
    ['hermes_certificates_issued_total', { authorised_by: 'registration' }, 3],
    ['hermes_certificates_issued_total', { authorised_by: 'key' }, 1],
    ['hermes_certificates_issued_total', { authorised_by: 'password' }, 1],
    ['hermes_certificates_revoked_total', { by: 'owner' }, 1],
    ['hermes_logins_total', { result: 'ok' }, 2],
    ['hermes_logins_total', { result: 'invalid_credentials' }, 1],
    ['hermes_password_hash_seconds_count', { task: 'hash' }, 3],
    ['hermes_password_hash_seconds_count', { task: 'compare' }, 3],
    ['hermes_password_wait_seconds_count', {}, 6],
    ['hermes_ocsp_responses_total', { status: 'malformedRequest' }, 1],
    ['hermes_events_total', { type: 'message' }, 3],
    ['hermes_events_total', { type: 'joined' }, 1],
    ['hermes_signature_verify_total', { result: 'good' }, 2],
    ['hermes_signature_verify_total', { result: 'bad' }, 0],
    ['hermes_operations_total', { operation: 'send', code: 'ok' }, 3],
    ['hermes_operation_seconds_count', { operation: 'send' }, 3],
    ['hermes_operations_total', { operation: 'history', code: 'conversation_not_found' }, 1],
    ['hermes_frames_invalid_total', {}, 1],
    ['hermes_upgrades_total', {}, 2],
    ['hermes_upgrade_rejected_total', { reason: 'certificate_required' }, 1],
    ['hermes_refusals_total', { listener: 'hub', code: 'certificate_required' }, 1],
    ['hermes_refusals_total', { listener: 'identity', code: 'user_not_found' }, 1],
    ['hermes_closes_total', { code: '4501' }, 1],
    ['hermes_revocation_kick_seconds_count', {}, 1],
    ['hermes_mailbox_depth_count', {}, 2],
    ['hermes_connections', { state: 'live' }, 1],
    ['hermes_http_requests_total', { listener: 'identity', route: 'GET /crl/users', status: '200' }, 1],
    ['hermes_http_request_seconds_count', { listener: 'identity', route: 'POST /register' }, 3],
    ['hermes_tls_handshakes_pending', {}, 0],
    ['hermes_password_queue_depth', {}, 0],
    ['hermes_store_commit_failures_total', {}, 0],
    ['hermes_ready', {}, 1],
  ]
  for (const [name, labels, value] of counted) t.equal(sum(name, labels), value, `${name} ${JSON.stringify(labels)}`)

  const least: readonly (readonly [string, Record<string, string>, number])[] = [
    ['hermes_events_given_total', { from: 'live' }, 3],
    ['hermes_delivery_offer_seconds_count', {}, 6],
    ['hermes_delivery_ack_seconds_count', {}, 1],
    ['hermes_frames_sent_total', { kind: 'answer' }, 6],
    ['hermes_frames_sent_total', { kind: 'event' }, 6],
    ['hermes_frames_received_total', {}, 9],
    ['hermes_store_commit_seconds_count', {}, 8],
    ['hermes_store_append_seconds_count', {}, 6],
    ['hermes_tls_handshakes_total', { listener: 'identity', result: 'full' }, 3],
    ['hermes_tls_handshake_seconds_count', { listener: 'hub' }, 3],
    ['hermes_database_bytes', { file: 'main' }, 4096],
    ['hermes_disk_free_bytes', {}, 1],
    ['process_resident_memory_bytes', {}, 1_000_000],
    ['hermes_certificate_not_after_timestamp_seconds', { certificate: 'server' }, Date.now() / 1000],
    ['hermes_root_crl_next_update_timestamp_seconds', {}, Date.now() / 1000],
  ]
  for (const [name, labels, value] of least) t.ok(sum(name, labels) >= value, `${name} ${sum(name, labels)} ≥ ${value}`)
})

t.test('a fault is there with 0 before the first, so that an alert sees it', async (t) => {
  for (const [name, labels] of [
    ['hermes_http_requests_total', { listener: 'identity', route: 'POST /register', status: '500' }],
    ['hermes_operations_total', { operation: 'send', code: 'internal' }],
  ] as const)
    t.match(
      metrics.get(name)?.samples.filter((sample) => fits(sample, labels)),
      [{ value: 0 }],
      name,
    )
})

t.test('a histogram holds together', async (t) => {
  for (const [name, { type, samples }] of metrics) {
    if (type !== 'histogram' || !name.startsWith('hermes_')) continue
    const totals = samples.filter((sample) => sample.name === `${name}_count`)
    for (const { labels, value } of totals) {
      const buckets = samples.filter((sample) => sample.name === `${name}_bucket` && fits(sample, labels))
      const counts = buckets.map((bucket) => bucket.value)
      t.same(
        counts,
        counts.toSorted((a, b) => a - b),
        `${name}: each bucket has those before it`,
      )
      t.match(buckets.at(-1), { labels: { le: '+Inf' }, value }, `${name}: the last has all`)
    }
  }
})

t.test('names and labels are as Prometheus asks, and say nothing of anybody', async (t) => {
  for (const [name, { type, help, samples }] of metrics) {
    t.not(help, '', name)
    if (!name.startsWith('hermes_')) continue
    t.equal(type === 'counter', name.endsWith('_total'), name)
    if (type === 'histogram') t.match(name, /_(seconds|size|depth)$/, 'a unit, or a number of things')
    for (const { labels } of samples)
      t.notMatch(Object.values(labels).join(' '), /alice|bob|carol|nobody|127\.0\.0\.1|[0-9a-f]{8}-[0-9a-f]{4}/, name)
    t.ok(samples.length < 700, `${name} has ${samples.length} samples`)
  }
})

t.test('a CA that another has followed gives no alarm when it ends', async (t) => {
  await makeSuccessor('users', { directory: server.certsDir, passphraseFile: null, pkiUrl: null, now: new Date() })
  t.equal((await atConsole(server, 'POST', '/admin/authorities/refresh', {})).status, 200)
  const samples = (await scrape(metricsUrl)).get('hermes_certificate_not_after_timestamp_seconds')?.samples ?? []
  const named = samples.map(({ labels }) => labels.certificate)
  t.same(named, ['root-ca', 'users-2-ca', 'servers-ca', 'server', 'identity-server'])
})

t.test('GET and HEAD of /metrics, and health; nothing else', async (t) => {
  const head = await fetch(metricsUrl, { method: 'HEAD' })
  t.equal(head.status, 200)
  t.match(head.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  t.equal(await head.text(), '')
  t.same(await (await fetch(new URL('/health/ready', metricsUrl))).json(), { status: 'ok' })
  t.equal((await fetch(metricsUrl, { method: 'POST' })).status, 405)
  for (const path of ['/', '/register', '/me', '/admin/users', '/fetch/alice'])
    t.equal((await fetch(new URL(path, metricsUrl))).status, 404, path)
})

t.test('a page whose name was made to mean this machine reads nothing', async (t) => {
  const status = (host: string) =>
    new Promise((resolve, reject) => {
      get(metricsUrl, { headers: { host } }, (answer) => resolve(answer.resume().statusCode)).once('error', reject)
    })
  const { port } = new URL(metricsUrl)
  for (const host of ['rebound.example', `rebound.example:${port}`, '127.0.0.1.rebound.example', '0.0.0.0'])
    t.equal(await status(host), 403, host)
  for (const host of [`127.0.0.1:${port}`, 'localhost', `[::1]:${port}`]) t.equal(await status(host), 200, host)
})

t.test('it is off unless asked for, and listens on 127.0.0.1 alone wherever the others do', async (t) => {
  t.equal((await startServer(t)).metricsUrl, null)
  const open = await startServer(t, { HERMES_METRICS_PORT: '0', HERMES_HOST: '0.0.0.0' })
  const port = Number(new URL(open.metricsUrl ?? '').port)
  const answers = (host: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connectTcp({ host, port, timeout: 2000 })
      const end = (isAnswered: boolean) => () => {
        socket.destroy()
        resolve(isAnswered)
      }
      socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
    })
  t.ok(await answers('127.0.0.1'))
  const others = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address))
  for (const host of [...others, '127.0.0.2'].filter((address) => address !== '127.0.0.1'))
    t.notOk(await answers(host), host)
})
