import { readdir, readFile, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { exportKey, openKey, parseIdentityFile, rememberedCredentials } from '../../src/client/credentials.js'
import { createHubRest } from '../../src/client/hub-rest.js'
import { HermesClient, type JoinOptions } from '../../src/client/index.js'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../src/client/keys.js'
import { writePrivate } from '../../src/client/state/files.js'
import { temporaryFolder } from '../support/serve-process.js'
import { startServer, type TestServer } from '../support/server.js'

const SECRETS = { password: 'a long server password', keyPassword: 'a second password' }

async function joined(t: Test, { identityUrl: url, rootFingerprint }: TestServer, more: Partial<JoinOptions> = {}) {
  const directory = join(await temporaryFolder(t), 'state')
  const client = await HermesClient.join({ directory, url, rootFingerprint, ...more })
  t.teardown(() => client.close())
  return { client, directory }
}

async function registered(t: Test, server: TestServer, username: string) {
  const { client, directory } = await joined(t, server)
  await client.register({ username, ...SECRETS })
  return { client, directory }
}

async function reopened(
  t: Test,
  { client, directory }: { client: HermesClient; directory: string },
  keyPassword?: string,
) {
  await client.close()
  const next = await HermesClient.open({ directory, ...(keyPassword && { keyPassword }) })
  t.teardown(() => next.close())
  return next
}

const server = await startServer(t)

t.test('joining, registering, and what is left in the directory', async (t) => {
  const { client, directory } = await joined(t, server)
  t.equal(client.username, null)
  t.throws(() => client.fingerprint, { code: 'not_registered' })
  t.match(client.device, /^device-[0-9a-f]{10}$/)
  await client.register({ username: 'alice', ...SECRETS })
  t.match(await client.account.whoami(), { identity: { username: 'alice' }, device: client.device, role: 'user' })
  await t.rejects(client.register({ username: 'bob', ...SECRETS }), { code: 'already_registered' })

  t.equal((await stat(directory)).mode & 0o777, 0o700)
  for (const name of await readdir(directory))
    t.equal((await stat(join(directory, name))).mode & 0o077, 0, `${name} is its owner's alone`)
  await t.rejects(HermesClient.open({ directory }), { code: 'directory_in_use' })
  const again = await reopened(t, { client, directory })
  t.equal(again.username, 'alice')
  t.equal(again.fingerprint, client.fingerprint)
  t.equal(again.device, client.device, 'the name of the device is made once')
  t.equal(again.rootFingerprint, server.rootFingerprint)
  await again.close()
  await t.rejects(HermesClient.join({ directory, url: server.identityUrl, rootFingerprint: server.rootFingerprint }), {
    code: 'already_joined',
  })
  await t.rejects(HermesClient.open({ directory: `${directory}-2` }), { code: 'not_joined' })
})

t.test('another root is refused, before anything else is asked', async (t) => {
  const wrong = `sha256:${'0'.repeat(64)}`
  await t.rejects(joined(t, { ...server, rootFingerprint: wrong }), {
    name: 'VerificationError',
    code: 'root_mismatch',
  })
  await t.rejects(joined(t, { ...server, rootFingerprint: 'abc' }), { code: 'fingerprint_unfit' })
  const nobody = { ...server, identityUrl: 'https://127.0.0.1:1' }
  await t.rejects(joined(t, nobody), { name: 'ClientError', code: 'unreachable' })
})

t.test('a name that nobody may have is refused before it is written down', async (t) => {
  const { client, directory } = await joined(t, server)
  await t.rejects(client.register({ username: 'Alice', ...SECRETS }), { code: 'username_unfit' })
  await client.close()
  const again = await HermesClient.open({ directory })
  t.teardown(() => again.close())
  await again.register({ username: 'alison', ...SECRETS })
})

t.test('two passwords, not one, and none that is weak', async (t) => {
  const { client } = await joined(t, server)
  const same = { username: 'alba', password: 'caf\u00e9 au lait, please', keyPassword: 'cafe\u0301 au lait, please' }
  await t.rejects(client.register(same), { code: 'passwords_equal' }, 'also when they differ in form alone')
  await t.rejects(client.register({ ...same, keyPassword: 'short' }), { code: 'password_unfit' })
  await client.register({ username: 'alba', ...SECRETS })
  const change = (newPassword: string) => client.account.changePassword({ password: SECRETS.password, newPassword })
  await t.rejects(change(SECRETS.keyPassword), { code: 'passwords_equal' })
  await change('another server password')
})

t.test('a new device logs in with name and both passwords', async (t) => {
  const { client: laptop } = await registered(t, server, 'amy')
  const { client: phone, directory } = await joined(t, server, { device: 'phone' })
  const login = (more: object) => phone.login({ username: 'amy', ...SECRETS, ...more })
  await t.rejects(login({ password: 'some other password' }), { name: 'Refusal', code: 'invalid_credentials' })
  await t.rejects(login({ keyPassword: 'some other password' }), { code: 'key_locked' })
  await login({ lockKey: true })
  t.equal(phone.fingerprint, laptop.fingerprint)
  t.match(await phone.account.whoami(), { device: 'phone' })
  await t.rejects(reopened(t, { client: phone, directory }), { code: 'key_locked' })
  t.notMatch(await readFile(join(directory, 'identity.pem'), 'utf8'), 'BEGIN PRIVATE KEY')
  const again = await HermesClient.open({ directory, keyPassword: SECRETS.keyPassword })
  t.equal((await again.account.whoami()).device, 'phone')
  await again.close()
})

t.test('an answer that was lost costs nothing: the second attempt finds its own registration', async (t) => {
  const { client, directory } = await registered(t, server, 'ada')
  const pem = await readFile(join(directory, 'identity.pem'), 'utf8')
  await client.close()
  await writePrivate(join(directory, 'identity.pem'), pem.slice(pem.indexOf('-----BEGIN PRIVATE')))
  const again = await HermesClient.open({ directory })
  t.teardown(() => again.close())
  t.equal(again.username, null)
  const wrong = { ...SECRETS, password: 'another long server password' }
  await t.rejects(again.register({ username: 'ada', ...wrong }), { code: 'invalid_credentials' })
  const locked = { ...SECRETS, keyPassword: 'another second password' }
  await t.rejects(again.register({ username: 'ada', ...locked }), { code: 'key_locked' }, 'for the next device')
  await again.register({ username: 'ada', ...SECRETS })
  t.equal(again.fingerprint, client.fingerprint)
  const { client: other } = await joined(t, server)
  await t.rejects(other.register({ username: 'ada', ...SECRETS }), { code: 'username_taken' })
})

t.test('people: found, remembered, compared, changed', async (t) => {
  const { client: alice } = await registered(t, server, 'anna')
  const { client: bob, directory } = await registered(t, server, 'bob')
  t.match(await alice.people.fetch('bob'), { fingerprint: bob.fingerprint, compared: false })
  await t.rejects(alice.people.fetch('nobody'), { code: 'user_not_found' })
  await t.rejects(alice.people.trust('bob', alice.fingerprint), { code: 'certificate_swapped' })
  const mistyped = alice.people.trust('bob', alice.fingerprint.slice(0, -1))
  await t.rejects(mistyped, { code: 'fingerprint_unfit', message: /64 lower-case hex digits: it is mistyped/ })
  await alice.people.trust('bob', bob.fingerprint)
  t.match(alice.people.list(), [{ username: 'bob', compared: true }])

  const before = bob.fingerprint
  await bob.account.renew()
  t.not(bob.fingerprint, before)
  t.match(await alice.people.fetch('bob'), { fingerprint: bob.fingerprint, compared: true }, 'the same key')
  const { value: renewal } = await alice.notices.next()
  t.match(renewal, { type: 'fingerprint_changed', change: { how: 'same_key', previous: before } })
  const again = await reopened(t, { client: bob, directory })
  t.equal(again.fingerprint, bob.fingerprint, 'the new certificate was stored')

  const compared = again.fingerprint
  await again.recover({ username: 'bob', ...SECRETS })
  await t.rejects(alice.people.fetch('bob'), {
    name: 'FingerprintChangedError',
    change: { previous: compared, current: again.fingerprint, how: 'unexplained', wasCompared: true },
  })
  t.match((await alice.notices.next()).value, { change: { how: 'unexplained' } })
  await alice.people.trust('bob', again.fingerprint)
  t.match(await alice.people.fetch('bob'), { compared: true })

  await again.account.revoke('keyCompromise')
  await t.rejects(alice.people.fetch('bob'), { code: 'user_unusable', message: /revoked/ })
})

t.test('renewals: another device, a new key, an answer that was lost', async (t) => {
  const { client: laptop } = await registered(t, server, 'abby')
  const { client: phone } = await joined(t, server, { device: 'phone' })
  await phone.login({ username: 'abby', ...SECRETS })
  await phone.account.renew()
  await laptop.account.renew()
  t.equal(laptop.fingerprint, phone.fingerprint, 'what the other device renewed is taken')

  const keyPassword = 'the third password of all'
  await laptop.account.renew({ keyPassword })
  await t.rejects(phone.account.renew(), { code: 'key_missing', message: /log in again/ })
  const { client: tablet } = await joined(t, server, { device: 'tablet' })
  await tablet.login({ username: 'abby', password: SECRETS.password, keyPassword })
  t.equal(tablet.fingerprint, laptop.fingerprint)
  t.ok((await laptop.account.audit()).entries.length > 2)
})

t.test('a renewal with a new key whose answer was lost is finished', async (t) => {
  const { client, directory } = await registered(t, server, 'ann')
  await client.close()
  const key = await generateKey()
  const encryptedPrivateKey = await lockPrivateKey(key, 'the third password of all')
  const request = { csr: createCertificateRequest(key, 'ann'), encryptedPrivateKey }
  await writePrivate(join(directory, 'renewal.json'), JSON.stringify({ ...request, key: exportKey(key) }))
  const { rootPem, hubUrl: url } = server
  const { certificate, key: before } = parseIdentityFile(await readFile(join(directory, 'identity.pem'), 'utf8'))
  const own = rememberedCredentials('ann', certificate ?? '', openKey(before, undefined))
  const answer = await createHubRest({ url, rootPem, device: client.device, own }).renew(request)

  const again = await reopened(t, { client, directory })
  t.equal(again.fingerprint, client.fingerprint)
  await again.account.renew()
  t.equal(again.fingerprint, answer.fingerprint)
  const { key: after } = parseIdentityFile(await readFile(join(directory, 'identity.pem'), 'utf8'))
  t.ok(openKey(after, undefined).equals(key))
  await again.account.renew()
  t.not(again.fingerprint, answer.fingerprint, 'what is finished is not asked for again')
})

t.test('a renewal with a new key whose answer was lost is finished after the old certificate ended, too', async (t) => {
  let offset = 0
  const later = await startServer(t, {}, () => new Date(Date.now() + offset))
  const { client, directory } = await registered(t, later, 'aron')
  await client.close()
  const identity = await readFile(join(directory, 'identity.pem'), 'utf8')
  const first = await HermesClient.open({ directory })
  await first.account.renew({ keyPassword: 'the third password of all' })
  const { fingerprint } = first
  await first.close()
  const key = parseIdentityFile(await readFile(join(directory, 'identity.pem'), 'utf8')).key
  const pending = { csr: 'asked', encryptedPrivateKey: 'before', key }
  await writePrivate(join(directory, 'identity.pem'), identity)
  await writePrivate(join(directory, 'renewal.json'), JSON.stringify(pending))
  offset = 11 * 60_000
  const again = await reopened(t, { client, directory })
  await again.account.renew()
  t.equal(again.fingerprint, fingerprint)
  t.equal((await again.account.whoami()).identity.fingerprint, fingerprint)
})

t.test('a recovery is of this user, and ends a renewal that was not finished', async (t) => {
  const { client: abel, directory } = await registered(t, server, 'abel')
  await registered(t, server, 'adam')
  const { fingerprint } = abel
  await t.rejects(abel.recover({ username: 'adam', ...SECRETS }), { code: 'already_registered' })
  t.equal(abel.fingerprint, fingerprint, 'nor is the key that was here gone')
  const key = exportKey(await generateKey())
  const pending = { csr: 'never asked', encryptedPrivateKey: 'of before', key }
  await writePrivate(join(directory, 'renewal.json'), JSON.stringify(pending))
  await abel.recover({ username: 'abel', ...SECRETS })
  const recovered = parseIdentityFile(await readFile(join(directory, 'identity.pem'), 'utf8')).key
  await abel.account.renew()
  t.equal(parseIdentityFile(await readFile(join(directory, 'identity.pem'), 'utf8')).key, recovered)
})

t.test('a key that a killed process had begun to write is not left', async (t) => {
  const { client, directory } = await joined(t, server)
  const draft = join(directory, 'identity.pem.60038410-eb81-4348-9143-26d9203e1dd0.tmp')
  await writePrivate(draft, 'PRIVATE KEY')
  const before = (await readdir(directory)).length
  await reopened(t, { client, directory })
  const names = await readdir(directory)
  t.notOk(names.some((name) => name.endsWith('.tmp')))
  t.equal(names.length, before - 1, 'and nothing else is gone')
})

t.test('when the CAs were asked for last is remembered from process to process', async (t) => {
  const { client, directory } = await registered(t, server, 'axel')
  const path = join(directory, 'authorities.pem')
  const ageMs = async () => Date.now() - (await stat(path)).mtimeMs
  const [young, old] = [3_600_000, 2 * 86_400_000]
  let last = client
  for (const [before, isAsked] of [
    [young, false],
    [old, true],
  ] as const) {
    const at = new Date(Date.now() - before)
    await utimes(path, at, at)
    last = await reopened(t, { client: last, directory })
    await last.people.fetch('axel')
    t.equal((await ageMs()) < 60_000, isAsked)
  }
})
