import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { fetched } from '../support/account.js'
import { startServer } from '../support/server.js'
import { PASSWORD, registerUser, type User } from '../support/user.js'

const skip = isInstalled()
  ? false
  : "strongSwan's pki is not installed, or knows no P-384: install strongswan-pki and libstrongswan-*-plugins"

function isInstalled(): boolean {
  try {
    execFileSync('pki', ['--gen', '--type', 'ecdsa', '--size', '384'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

t.test("strongSwan's pki enrolls, enrolls again and renews", { skip }, async (t) => {
  const server = await startServer(t, { HERMES_LOGIN_FAILURES: '2', HERMES_PASSWORDS_PER_MINUTE: '0' })
  const folder = t.testdir()
  const file = (name: string) => join(folder, name)
  await writeFile(file('root.pem'), server.rootPem)

  const pki = (...args: readonly string[]) =>
    new Promise<{ readonly code: number; readonly stdout: Buffer; readonly stderr: string }>((resolve) => {
      execFile('pki', args, { encoding: 'buffer', cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr: stderr.toString() }),
      )
    })
  const request = async (username: string, key?: User['key']) => {
    const pair = key ?? (await generateKey())
    const csr = createCertificateRequest(pair, username)
    const der = Buffer.from(csr.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
    await writeFile(file(`${username}.p10`), der)
    await writeFile(file(`${username}.key`), pair.export({ type: 'pkcs8', format: 'pem' }))
    return pair
  }
  const est = (username: string, password = PASSWORD, url = server.identityUrl) =>
    pki(
      ...['--est', '--url', url, '--in', `${username}.p10`, '--cacert', 'root.pem', '--outform', 'pem'],
      ...['--userpass', `${username}:${password}`],
    )
  const certificateOf = ({ code, stdout, stderr }: Awaited<ReturnType<typeof pki>>) => {
    if (code !== 0) throw new Error(stderr)
    return new X509Certificate(stdout)
  }

  await t.test('cacerts', async (t) => {
    const { code, stderr } = await pki(
      ...['--estca', '--url', server.identityUrl, '--cacert', 'root.pem', '--caout', 'ca.pem', '--outform', 'pem'],
    )
    t.equal(code, 0, stderr)
    const names = (await readdir(folder)).filter((name) => name.startsWith('ca'))
    const got = await Promise.all(names.map(async (name) => new X509Certificate(await readFile(file(name)))))
    const root = new X509Certificate(server.rootPem)
    t.ok(got.some(({ fingerprint256 }) => fingerprint256 === root.fingerprint256))
    t.ok(got.every((certificate) => certificate.checkIssued(root)))
  })

  await t.test('enrol, and enrol again after an answer that was lost', async (t) => {
    await request('alice')
    const first = certificateOf(await est('alice'))
    t.match(first.subjectAltName, /acct:alice@/)
    t.equal(certificateOf(await est('alice')).fingerprint256, first.fingerprint256)
    await request('alice')
    const recovered = certificateOf(await est('alice'))
    t.not(recovered.fingerprint256, first.fingerprint256, 'another key recovers')
  })

  await t.test('re-enrol over mutual TLS', async (t) => {
    const bob = await registerUser(server, 'bob')
    await writeFile(file('old.pem'), bob.certificate)
    await writeFile(file('old.key'), bob.key.export({ type: 'pkcs8', format: 'pem' }))
    await request('bob')
    const outcome = await pki(
      ...['--est', '--url', server.hubUrl, '--in', 'bob.p10', '--cacert', 'root.pem', '--outform', 'pem'],
      ...['--cert', 'old.pem', '--key', 'old.key'],
    )
    const renewed = certificateOf(outcome)
    t.equal(
      `sha256:${renewed.fingerprint256.replaceAll(':', '').toLowerCase()}`,
      (await fetched(server, bob)).fingerprint,
    )
  })

  await t.test('what is refused gives no certificate', async (t) => {
    const refused = async (username: string, password?: string) => {
      const { code, stdout } = await est(username, password)
      t.same([code === 0, stdout.length], [false, 0])
    }
    await request('carol')
    certificateOf(await est('carol'))
    await refused('carol', 'a wrong password')
    await writeFile(file('dave.p10'), await readFile(file('carol.p10')))
    await refused('dave')
    await refused('carol', 'a wrong password')
    await refused('carol', PASSWORD)
    t.equal((await fetched(server, { username: 'carol' } as User)).status, 'valid', 'locked out, and nothing changed')
  })
})
