import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { startServer, type TestServer } from '../support/server.js'

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run({ identityUrl, hubUrl }: TestServer, rootPath: string): Promise<Run> {
  const env = { ...process.env, HERMES_IDENTITY_URL: identityUrl, HERMES_HUB_URL: hubUrl }
  return new Promise((resolve) => {
    execFile('bash', ['docs/examples/handshake.sh', rootPath], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

async function rootFile(t: Test, pem: string): Promise<string> {
  const path = join(t.testdir(), 'root-ca.pem')
  await writeFile(path, pem)
  return path
}

t.test('bash, openssl and curl alone bring two users into a conversation', async (t) => {
  const server = await startServer(t)
  const path = await rootFile(t, server.rootPem)
  for (const time of ['once', 'again']) {
    const { code, stdout, stderr } = await run(server, path)
    t.equal(code, 0, `${time}: ${stderr}`)
    for (const line of [
      `The root is ${server.rootFingerprint}`,
      'refused: invalid_signature',
      'the signature of bob-',
      'the signature of alice-',
      '\nHello bob\n',
      '\nHello alice\n',
      '== Done',
    ])
      t.ok(stdout.includes(line), line)
    t.equal(stderr, '')
  }
})

t.test('it stops at the first thing that does not hold', async (t) => {
  const server = await startServer(t)
  const { root } = createHierarchy({ now: new Date() })
  const other = await run(server, await rootFile(t, root.certificatePem))
  t.not(other.code, 0, 'a root that is not the pinned one')
  t.match(other.stderr, /handshake: stopped at line \d+/)
  t.notMatch(other.stdout, /register/)
  const missing = await run(server, '/nowhere/root-ca.pem')
  t.not(missing.code, 0)
  t.match(missing.stderr, /root-ca\.pem/)
})
