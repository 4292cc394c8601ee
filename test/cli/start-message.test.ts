import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join, relative } from 'node:path'
import t from 'tap'
import { startMessage } from '../../src/cli/start-message.js'
import { loadConfig } from '../../src/config.js'
import { startServer } from '../support/server.js'

t.test('the commands of the start message work as they are printed', async (t) => {
  const server = await startServer(t)
  // A folder whose name a shell would take apart.
  const certsDir = join(server.directory, "the operator's certs")
  await rename(join(server.directory, 'certs'), certsDir)
  const message = startMessage(server, loadConfig({ HERMES_CERTS_DIR: certsDir }))
  for (const fact of [
    server.identityUrl,
    server.hubUrl,
    `${server.pkiUrl}/crl/users`,
    server.rootFingerprint,
    `acct:<username>@${server.trustDomain}`,
    `hermes join ${server.identityUrl} --fingerprint ${server.rootFingerprint}\n`,
  ])
    t.ok(message.includes(fact), fact)
  t.match(message, /A new certificate authority was made in/)
  const later = startMessage({ ...server, created: false }, loadConfig({}))
  t.notMatch(later, /A new certificate authority/)
  t.notMatch(later, /genpkey/, 'which would write over a key')

  const commands = message.split('\n').filter((line) => /^ {2}(openssl|curl| {2}--)/.test(line))
  t.equal(commands.length, 6)
  const folder = join(server.directory, 'user')
  mkdirSync(folder)
  const fromHere = relative('.', certsDir)
  const fromFolder = relative(folder, certsDir)
  const asShell = (path: string) => path.replaceAll("'", "'\\''")
  const script = commands.join('\n').replaceAll(asShell(fromHere), asShell(fromFolder))
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile('bash', ['-euc', script], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, stdout, stderr }),
    )
  })
  t.equal(code, 0, stderr)
  t.match(stdout, /-----BEGIN CERTIFICATE-----/)
  t.match(stdout, /"identity":\{"username":"carol"/)
})

t.test("an operator's own certificate needs no root of ours", async (t) => {
  const running = {
    identityUrl: 'https://id.example.org',
    hubUrl: 'https://hub.example.org:9443',
    pkiUrl: 'http://pki.example.org',
    metricsUrl: 'http://127.0.0.1:9464/metrics',
    rootFingerprint: 'sha256:00',
    trustDomain: 'example.org',
    created: true,
    close: async () => {},
  }
  const message = startMessage(running, loadConfig({ HERMES_TLS_CERT_FILE: 'c.pem', HERMES_TLS_KEY_FILE: 'k.pem' }))
  t.match(message, '  curl -sS https://id.example.org/register')
  t.notMatch(message, 'hermes join')
  t.match(message, '  Metrics   http://127.0.0.1:9464/metrics ')
  t.notMatch(startMessage({ ...running, metricsUrl: null }, loadConfig({})), 'Metrics')
  t.match(
    message,
    '  curl -sS --cacert certs/root-ca.pem --cert carol.pem --key carol.key https://hub.example.org:9443/me',
  )
})
