import { execFile } from 'node:child_process'
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Authority, createAuthority } from '../../src/pki/authority.js'
import { certIdOf } from '../../src/pki/cert-id.js'
import { encodeCrlEntry } from '../../src/pki/crl-entry.js'
import { createHierarchy, createSuccessor, type Hierarchy } from '../../src/pki/hierarchy.js'
import type { IssuedCertificate } from '../../src/pki/issue.js'
import { issueCrl } from '../../src/pki/issue-crl.js'
import { issueOcspResponse } from '../../src/pki/ocsp-response.js'
import { encodePem } from '../../src/pki/pem.js'
import { publicationOf } from '../../src/pki/publication.js'
import { issueUserCertificate } from '../../src/pki/user-certificate.js'

const DAY = 86_400_000
const PKI_URL = 'http://pki.example.org'

/** How many good certificates there are of each kind of key; 40 makes 200 in all. */
export const REPETITIONS = Number(process.env.HERMES_TEST_REPETITIONS ?? 4)

export const KEY_KINDS = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'Ed25519'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

/** Beside the good ones of each kind of key, one that is to be refused for each reason. */
export const FAULTS = ['expired', 'revoked', 'tampered'] as const
export type Fault = (typeof FAULTS)[number]

export interface Ran {
  readonly code: number
  readonly output: string
}

export interface Installation {
  readonly folder: string
  /** Names of the good certificates: `<name>.pem`, `.der`, and `-chain.pem` with the issuing CA. */
  readonly good: (kind: KeyKind) => readonly string[]
  readonly bad: (kind: KeyKind, fault: Fault) => string
  /** Runs a program in the folder. */
  readonly run: (program: string, ...args: readonly string[]) => Promise<Ran>
}

const newKey: Readonly<Record<KeyKind, () => KeyObject>> = {
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'RSA-2048': () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'RSA-3072': () => generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey,
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
}

function flipped(der: Uint8Array, at: number): Buffer {
  const bytes = Buffer.from(der)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}

function runner(folder: string): Installation['run'] {
  return (program, ...args) =>
    new Promise((resolve) => {
      execFile(program, args, { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stderr + stdout }),
      )
    })
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hermes-interop-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What Hermes makes at first start. */
export async function ecdsaInstallation(t: Test): Promise<Installation> {
  return fill(await temporaryFolder(t), createHierarchy({ now: new Date(), pkiUrl: PKI_URL }))
}

/** The same under the second CA of users; `elder` is a certificate that the first issued. */
export async function nextInstallation(t: Test): Promise<Installation> {
  const hierarchy = createHierarchy({ now: new Date(), pkiUrl: PKI_URL })
  const root = { ...hierarchy.root, publication: publicationOf(PKI_URL, 'root') }
  const next = createSuccessor(root, { kind: 'users', generation: 2, now: new Date() })
  const folder = await temporaryFolder(t)
  const installation = await fill(folder, { root, users: { ...next, publication: publicationOf(PKI_URL, 'users-2') } })
  const { der, pem } = issueUserCertificate(hierarchy.users, {
    username: 'elder',
    trustDomain: 'example.org',
    spki: createPublicKey(newKey['P-256']()).export({ format: 'der', type: 'spki' }),
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + DAY),
  })
  await writeFile(join(folder, 'elder.der'), der)
  await writeFile(join(folder, 'elder.pem'), pem)
  await writeFile(join(folder, 'elder-chain.pem'), pem + next.certificatePem)
  return installation
}

/** The same under CAs of RSA that OpenSSL made, for a verifier that knows no ECDSA. */
export async function rsaInstallation(t: Test): Promise<Installation> {
  const folder = await temporaryFolder(t)
  const run = runner(folder)
  await writeFile(
    join(folder, 'ca.cnf'),
    'basicConstraints = critical, CA:TRUE, pathlen:0\nkeyUsage = critical, keyCertSign, cRLSign\n' +
      'subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\nextendedKeyUsage = clientAuth\n',
  )
  const key = ['-newkey', 'rsa:2048', '-noenc'] as const
  await run(
    'openssl',
    'req',
    '-x509',
    ...key,
    '-keyout',
    'r.key',
    '-out',
    'r.pem',
    '-subj',
    '/CN=Root',
    '-days',
    '3650',
    '-addext',
    'keyUsage = critical, keyCertSign, cRLSign',
  ) // prettier-ignore
  await run('openssl', 'req', ...key, '-keyout', 'u.key', '-out', 'u.csr', '-subj', '/CN=Users')
  await run(
    'openssl',
    'x509',
    '-req',
    '-in',
    'u.csr',
    '-CA',
    'r.pem',
    '-CAkey',
    'r.key',
    '-days',
    '1800',
    '-out',
    'u.pem',
    '-extfile',
    'ca.cnf',
  ) // prettier-ignore
  const open = async (name: string, publication: Authority['publication']) => {
    const key = createPrivateKey(await readFile(join(folder, `${name}.key`), 'utf8'))
    const pem = await run('openssl', 'x509', '-in', `${name}.pem`)
    return createAuthority(pem.output, key, publication)
  }
  return fill(folder, { root: await open('r', null), users: await open('u', publicationOf(PKI_URL, 'users')) })
}

/** Certificates of users with CRLs and OCSP answers, as files. */
async function fill(folder: string, { root, users }: Pick<Hierarchy, 'root' | 'users'>): Promise<Installation> {
  const now = Date.now()
  const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content)
  const writeCertificate = async (name: string, der: Uint8Array) => {
    const pem = encodePem('CERTIFICATE', der)
    await Promise.all([write(`${name}.pem`, pem), write(`${name}.der`, der)])
    await write(`${name}-chain.pem`, pem + users.certificatePem)
  }
  await writeCertificate('root', root.certificateDer)
  await writeCertificate('users', users.certificateDer)

  const revoked: string[] = []
  const good = (kind: KeyKind) => Array.from({ length: REPETITIONS }, (_, i) => `${kind}-${i}`)
  for (const kind of KEY_KINDS) {
    const spki = createPublicKey(newKey[kind]()).export({ format: 'der', type: 'spki' })
    const issue = (name: string, days: number): IssuedCertificate =>
      issueUserCertificate(users, {
        username: name.toLowerCase(),
        trustDomain: 'example.org',
        spki,
        notBefore: new Date(now - 2 * DAY),
        notAfter: new Date(now + days * DAY),
      })
    for (const name of good(kind)) await writeCertificate(name, issue(name, 90).der)
    await writeCertificate(`${kind}-expired`, issue(`${kind}-expired`, -1).der)
    const { der, serialNumber } = issue(`${kind}-revoked`, 90)
    revoked.push(serialNumber)
    await writeCertificate(`${kind}-revoked`, der)
    const victim = issue(`${kind}-tampered`, 90).der
    await writeCertificate(`${kind}-tampered`, flipped(victim, Buffer.from(victim).indexOf('acct:') + 6))
  }

  const revokedAt = new Date(now - DAY)
  const entries = revoked.map((serialNumber) => encodeCrlEntry({ serialNumber, revokedAt, reason: 'keyCompromise' }))
  const life = { number: Math.floor(now / 1000), thisUpdate: new Date(now - 60_000), nextUpdate: new Date(now + DAY) }
  const crls = {
    users: await issueCrl(users, { ...life, entries }),
    root: await issueCrl(root, { ...life, entries: [] }),
  }
  for (const [name, der] of Object.entries(crls)) {
    await write(`${name}.crl`, der)
    await write(`${name}-crl.pem`, encodePem('X509 CRL', der))
    await write(`${name}-tampered.crl`, flipped(der, der.length - 8))
    await write(`${name}-tampered-crl.pem`, encodePem('X509 CRL', flipped(der, der.length - 8)))
  }
  await write('crls.pem', encodePem('X509 CRL', crls.users) + encodePem('X509 CRL', crls.root))

  const answer = { thisUpdate: new Date(now), nextUpdate: new Date(now + DAY), nonce: null }
  for (const [name, status] of [
    ['P-256-0', { status: 'good' }],
    ['P-256-revoked', { status: 'revoked', revokedAt, reason: 'keyCompromise' }],
  ] as const) {
    const serial = await runner(folder)('openssl', 'x509', '-in', `${name}.pem`, '-noout', '-serial')
    const certId = certIdOf(users, serial.output.trim().replace('serial=', '').toLowerCase())
    const der = await issueOcspResponse(users, { ...answer, responses: [{ certId, status }] })
    await write(`${name}.ocsp`, der)
    await write(`${name}-tampered.ocsp`, flipped(der, der.length - 8))
  }
  return { folder, good, bad: (kind, fault) => `${kind}-${fault}`, run: runner(folder) }
}
