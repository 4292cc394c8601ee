import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Certificates, openCertificates } from '../../../src/server/certificate-files.js'
import { type LiveAuthorities, liveAuthorities } from '../../../src/server/certificates/authority-set.js'
import { readAuthoritySet } from '../../../src/server/certificates/folder-authorities.js'
import { createRotation, type Pairs } from '../../../src/server/certificates/rotation.js'
import type { ServerPair } from '../../../src/server/certificates/server-pair.js'
import { makeSuccessor } from '../../../src/server/certificates/succession.js'
import { SILENT } from '../../../src/store/logger.js'

const DAY_MS = 86_400_000
const T0 = Date.UTC(2027, 0, 31)
const HOSTNAMES = ['localhost', '127.0.0.1', '::1']
const NO_FILES = { hostnames: HOSTNAMES, passphraseFile: null, tlsCertFile: null, tlsKeyFile: null }

const at = (day: number) => new Date(T0 + day * DAY_MS)
const notAfter = ({ certificatePem }: ServerPair) => new Date(new X509Certificate(certificatePem).validTo)

/** The CAs stay as they are; the acts of an operator are told of in scenario/succession.test.ts. */
const UNCHANGED = {
  take: async (_authorities: LiveAuthorities) => false,
  describe: () => ({ authorities: [], rootCrl: null }),
  retire: async () => {},
  revokeServer: () => Promise.reject(new Error('nobody asks for it')),
}

interface World {
  readonly firstDay?: number
  readonly ownFrom?: string
  /** What there is to be taken among the CAs. */
  readonly take?: (authorities: LiveAuthorities) => Promise<boolean>
}

/** A rotation that looks when the test says so, at a day after the certificates were made. */
async function world(t: Test, { firstDay = 0, ownFrom = '', take = UNCHANGED.take }: World = {}) {
  const directory = join(ownFrom || t.testdir(), 'certs')
  const files = { ...NO_FILES, directory, ...(ownFrom !== '' && ownFiles(ownFrom)) }
  await openCertificates({ ...files, now: at(0) })
  const certificates = await openCertificates({ ...files, now: at(firstDay) })
  const authorities = liveAuthorities(certificates.authorities)
  const presented: Pairs[] = []
  const recorded: ServerPair[] = []
  const said: string[] = []
  const pauses: number[] = []
  const revoked = new Set<string>()
  let day = firstDay
  let wake = () => {}
  const rotation = createRotation({
    files,
    certificates,
    authorities,
    custody: { ...UNCHANGED, take: () => take(authorities) },
    isRevoked: async ({ certificatePem }) => revoked.has(certificatePem),
    record: async (pair) => {
      if (presented.some(({ server }) => server === pair)) throw new Error('it was shown before it was recorded')
      recorded.push(pair)
    },
    present: (pairs) => presented.push(pairs),
    now: () => at(day),
    logger: {
      ...SILENT,
      warn: (_, text) => said.push(`warn: ${text}`),
      error: (_, text) => said.push(`error: ${text}`),
    },
    sleep: (milliseconds, signal) =>
      new Promise<void>((resolve, reject) => {
        pauses.push(milliseconds)
        signal.addEventListener('abort', () => reject(new Error('stopped')))
        wake = resolve
      }),
  })
  const look = async (onDay: number) => {
    day = onDay
    const rounds = pauses.length
    if (rounds === 0) rotation.start()
    else wake()
    while (pauses.length === rounds) await setImmediate()
  }
  t.teardown(() => rotation.stop())
  const onDisk = (): ServerPair => ({
    certificatePem: readFileSync(join(directory, 'server.pem'), 'utf8'),
    keyPem: readFileSync(join(directory, 'server.key'), 'utf8'),
  })
  const write = ({ certificatePem, keyPem }: ServerPair) => {
    writeFileSync(join(directory, 'server.pem'), certificatePem)
    writeFileSync(join(directory, 'server.key'), keyPem)
  }
  return { directory, certificates, presented, recorded, revoked, said, pauses, rotation, look, onDisk, write }
}

function ownFiles(directory: string) {
  return { tlsCertFile: join(directory, 'own.pem'), tlsKeyFile: join(directory, 'own.key') }
}

/** Another authority, which gives the operator his certificates. */
async function operator(t: Test) {
  const directory = t.testdir()
  const issue = async (): Promise<Certificates> => {
    const options = { ...NO_FILES, hostnames: ['identity.example.org'], directory: join(directory, 'ca'), now: at(0) }
    rmSync(options.directory, { recursive: true, force: true })
    return openCertificates(options)
  }
  const install = (kind: 'pem' | 'key') =>
    copyFileSync(join(directory, 'ca', `server.${kind}`), join(directory, `own.${kind}`))
  const first = await issue()
  install('pem')
  install('key')
  return { directory, first: first.server, issue, install }
}

t.test('the certificate is renewed at two thirds of its life, once, and stored before it is used', async (t) => {
  const { certificates, presented, recorded, said, pauses, look, onDisk } = await world(t)
  for (const day of [0, 30, 59.9]) await look(day)
  t.same(presented, [])
  t.same(onDisk(), certificates.server)
  await look(60)
  t.equal(presented.length, 1)
  const [pairs] = presented
  t.same(recorded, [pairs?.server], 'OCSP knows it')
  t.equal(pairs?.server, pairs?.identityServer, 'both listeners get it')
  t.same(onDisk(), pairs?.server)
  t.same(pairs && notAfter(pairs.server), at(150))
  for (const day of [60, 61, 119]) await look(day)
  t.equal(presented.length, 1)
  await look(121)
  t.equal(presented.length, 2, 'and the next in its turn')
  t.same(said, [])
  t.same(new Set(pauses), new Set([10_000]))
})

t.test('one that cannot be stored is not used; it is said once a day, and tried until it can be', async (t) => {
  const { directory, certificates, presented, said, look, onDisk } = await world(t)
  const obstacle = join(directory, '.ready')
  writeFileSync(obstacle, '')
  for (const day of [61, 61.1, 61.2, 62]) await look(day)
  t.same(presented, [])
  t.same(onDisk(), certificates.server)
  t.equal(said.length, 2)
  t.match(
    said[0],
    /^error: The server certificate, which ends in 29 days, cannot be renewed: .*\.ready: it is no folder that Hermes made/,
  )
  rmSync(obstacle)
  await look(62)
  t.equal(presented.length, 1)
})

t.test(
  'one that another process revoked is replaced at the next look, once, and stored before it is used',
  async (t) => {
    const { certificates, presented, recorded, revoked, said, look, onDisk } = await world(t)
    await look(1)
    t.same(presented, [])
    revoked.add(certificates.server.certificatePem)
    for (const day of [1, 2, 3]) await look(day)
    t.equal(presented.length, 1)
    const [pairs] = presented
    t.same(recorded, [pairs?.server])
    t.equal(pairs?.server, pairs?.identityServer)
    t.not(pairs?.server.keyPem, certificates.server.keyPem, 'with another key')
    t.same(onDisk(), pairs?.server)
    t.same(pairs && notAfter(pairs.server), at(91))
    t.same(said, [])
  },
)

t.test('where the folder has another by then, that is shown, unless it was revoked too', async (t) => {
  const { certificates, presented, recorded, revoked, rotation, look, onDisk, write } = await world(t)
  const { server } = certificates
  revoked.add(server.certificatePem)
  await look(1)
  const [first] = presented
  if (!first) throw new Error('it was replaced')
  revoked.clear()
  revoked.add(first.server.certificatePem)
  write(server)
  await rotation.look()
  t.same(presented[1]?.server, server)
  t.same(recorded.at(-1), server)
  revoked.add(server.certificatePem)
  write(first.server)
  await rotation.look()
  t.equal(presented.length, 3)
  t.notOk(revoked.has(onDisk().certificatePem))
  t.same(presented[2]?.server, onDisk())
})

t.test('one that cannot be replaced stays, it is said once, and tried until it can be', async (t) => {
  const { directory, certificates, presented, revoked, said, look } = await world(t)
  const obstacle = join(directory, '.ready')
  writeFileSync(obstacle, '')
  revoked.add(certificates.server.certificatePem)
  for (const day of [1, 2]) await look(day)
  t.same(presented, [])
  t.match(said, [/^error: .* it is not replaced: .*\.ready: it is no folder that Hermes made/])
  t.equal(said.length, 1)
  rmSync(obstacle)
  await look(3)
  t.equal(presented.length, 1)
})

t.test('a publication that was interrupted does not keep the next from its place', async (t) => {
  const { directory, certificates, presented, said, look, onDisk } = await world(t)
  mkdirSync(join(directory, '.ready'))
  writeFileSync(join(directory, '.ready', 'server.key'), certificates.server.keyPem)
  await look(61)
  t.same(said, [])
  t.same(onDisk(), presented[0]?.server)
})

t.test("the operator's own certificate is not renewed, but taken anew when its files have changed", async (t) => {
  const own = await operator(t)
  const { presented, said, look } = await world(t, { ownFrom: own.directory })
  await look(61)
  t.equal(presented.length, 1)
  t.same(presented[0]?.identityServer, own.first, 'the identity listener keeps it')
  const { server } = await own.issue()
  own.install('pem')
  await look(61)
  await look(61)
  t.equal(presented.length, 1, 'a pair that does not match is not taken')
  t.match(said, [/^error: The identity listener keeps its certificate: .*own\.key: it is not the key of/])
  own.install('key')
  await look(61)
  await look(61)
  t.equal(presented.length, 2)
  t.same(presented[1], { server: presented[0]?.server, identityServer: server })
  writeFileSync(ownFiles(own.directory).tlsCertFile, 'garbage')
  await look(61)
  rmSync(ownFiles(own.directory).tlsCertFile)
  await look(61)
  t.match(said.slice(1), [/own\.pem: it holds no certificate in PEM/, /own\.pem: the file is missing/])
  t.equal(presented.length, 2)
})

t.test("the newest servers' CA issues the certificate of the server at the next look", async (t) => {
  const directory = join(t.testdirName, 'certs')
  const { certificates, presented, recorded, said, look } = await world(t, {
    async take(authorities) {
      authorities.take(await readAuthoritySet(directory, null, at(1)))
      return false
    },
  })
  await look(1)
  t.same(presented, [])
  await makeSuccessor('servers', { directory, passphraseFile: null, pkiUrl: null, now: at(1) })
  await look(1)
  await look(1)
  t.equal(presented.length, 1)
  t.same(recorded, [presented[0]?.server])
  const { issuer, publicKey } = new X509Certificate(presented[0]?.server.certificatePem ?? '')
  t.equal(issuer, 'CN=Hermes Servers CA 2')
  t.notOk(publicKey.equals(new X509Certificate(certificates.server.certificatePem).publicKey))
  t.same(said, [])
})

t.test('what is bad among the CAs is said once, and keeps nothing else from its turn', async (t) => {
  const { presented, said, look } = await world(t, { take: () => Promise.reject(new Error('users-2-ca.key: half')) })
  await look(1)
  await look(61)
  t.equal(presented.length, 1)
  t.same(said, ['error: The CAs stay as they were: users-2-ca.key: half'])
})

t.test('the end of the CA is announced in time, and its last certificate is not issued again and again', async (t) => {
  const end = 5 * 365 + 1 // 2028 is a leap year.
  const { certificates, presented, said, look } = await world(t, { firstDay: end - 181 })
  t.same(certificates.servers.notAfter, at(end))
  await look(end - 181)
  t.same(said, [])
  for (const day of [end - 179.5, end - 179.2, end - 178.5]) await look(day)
  t.equal(said.length, 2)
  t.match(said[0], /^warn: .*(users|servers)-ca\.pem: this CA ends on 2032-01-31T00:00:00.000Z, in 179 days/)
  const before = presented.length
  for (const left of [80, 29, 20, 10, 5, 1, 0.1, 0.01]) await look(end - left)
  const issued = presented.slice(before).map(({ server }) => notAfter(server))
  t.same(issued.at(-1), at(end), 'it ends with the CA')
  t.ok(issued.length <= 2, `${issued.length} were issued`)
})
