import { spawnSync } from 'node:child_process'
import type { Installation, KeyKind } from './installation.js'
import { KEY_KINDS } from './installation.js'

const CLIENT = '1.3.6.1.5.5.7.3.2'
const SERVER = '1.3.6.1.5.5.7.3.1'

export type Purpose = 'client' | 'server'

/** A program of others that judges certificates. Names are those of the files of an Installation. */
export interface Verifier {
  readonly name: string
  readonly programs: readonly string[]
  /** Which CAs it is shown. */
  readonly authorities: 'ECDSA' | 'RSA'
  /** Keys of users that it can read. */
  readonly keys: readonly KeyKind[]
  /** What its command line judges beside the chain. */
  readonly judges: readonly ('revocation' | 'purpose')[]
  readonly prepare?: (installation: Installation) => Promise<void>
  /** Whether it takes all of these for certificates of clients, or of servers. */
  accepts(installation: Installation, names: readonly string[], purpose: Purpose): Promise<boolean>
  /** Whether it takes `<crl>.crl` or `<crl>-crl.pem` for one of the users' CA. */
  readonly acceptsCrl?: (installation: Installation, crl: string) => Promise<boolean>
  /** What `<answer>.ocsp` says of the certificate; null when it does not take it. */
  readonly readsOcsp?: (installation: Installation, certificate: string, answer: string) => Promise<string | null>
}

/** Why a verifier cannot be asked; false when it can. */
export function missing({ programs }: Verifier): string | false {
  const absent = programs.filter((program) => spawnSync('which', [program]).status !== 0)
  return absent.length === 0 ? false : `${absent.join(', ')} not installed`
}

async function all(names: readonly string[], accepts: (name: string) => Promise<boolean>): Promise<boolean> {
  for (const name of names) if (!(await accepts(name))) return false
  return true
}

const OPENSSL: Verifier = {
  name: 'OpenSSL',
  programs: ['openssl'],
  authorities: 'ECDSA',
  keys: KEY_KINDS,
  judges: ['revocation', 'purpose'],
  async accepts({ run }, names, purpose) {
    const checks = ['-x509_strict', '-crl_check_all', '-purpose', `ssl${purpose}`]
    const files = ['-CAfile', 'root.pem', '-untrusted', 'users.pem', '-CRLfile', 'crls.pem']
    const { code } = await run('openssl', 'verify', ...checks, ...files, ...names.map((name) => `${name}.pem`))
    return code === 0
  },
  async acceptsCrl({ run }, crl) {
    const args = ['-inform', 'DER', '-in', `${crl}.crl`, '-noout', '-verify', '-CAfile', 'users.pem']
    const { code, output } = await run('openssl', 'crl', ...args)
    return code === 0 && output.includes('verify OK')
  },
  async readsOcsp({ run }, certificate, answer) {
    const about = ['-issuer', 'users.pem', '-cert', `${certificate}.pem`, '-CAfile', 'root.pem']
    const { output } = await run('openssl', 'ocsp', '-no_nonce', '-respin', `${answer}.ocsp`, ...about)
    return output.includes('Response verify OK') ? (/\.pem: (\w+)/.exec(output)?.[1] ?? null) : null
  },
}

const GNUTLS: Verifier = {
  name: 'GnuTLS',
  programs: ['certtool', 'ocsptool'],
  authorities: 'ECDSA',
  keys: KEY_KINDS,
  judges: ['revocation', 'purpose'],
  accepts: ({ run }, names, purpose) =>
    all(names, async (name) => {
      const files = ['--load-ca-certificate', 'root.pem', '--load-crl', 'crls.pem', '--infile', `${name}-chain.pem`]
      const { code } = await run(
        'certtool',
        '--verify',
        ...files,
        '--verify-purpose',
        purpose === 'client' ? CLIENT : SERVER,
      )
      return code === 0
    }),
  async acceptsCrl({ run }, crl) {
    const { output } = await run(
      'certtool',
      '--verify-crl',
      '--load-ca-certificate',
      'users.pem',
      '--infile',
      `${crl}-crl.pem`,
    )
    return output.includes('output: Verified.')
  },
  async readsOcsp({ run }, _certificate, answer) {
    const { output } = await run(
      'ocsptool',
      '--verify-response',
      '--load-signer',
      'users.pem',
      '--load-response',
      `${answer}.ocsp`,
    )
    if (!output.includes('Verifying OCSP Response: Success')) return null
    const { output: text } = await run('ocsptool', '--response-info', '--load-response', `${answer}.ocsp`)
    return /Certificate Status: (\w+)/.exec(text)?.[1] ?? null
  },
}

const NSS: Verifier = {
  name: 'NSS',
  programs: ['certutil', 'crlutil', 'vfychain'],
  authorities: 'ECDSA',
  keys: ['P-256', 'P-384', 'RSA-2048', 'RSA-3072'],
  judges: ['revocation', 'purpose'],
  async prepare({ run }) {
    await run('mkdir', 'nss')
    await run('certutil', '-N', '-d', 'sql:nss', '--empty-password')
    await run('certutil', '-A', '-d', 'sql:nss', '-n', 'root', '-t', 'CT,CT,CT', '-i', 'root.pem')
    await run('certutil', '-A', '-d', 'sql:nss', '-n', 'users', '-t', ',,', '-i', 'users.pem')
    for (const crl of ['users', 'root']) await run('crlutil', '-I', '-d', 'sql:nss', '-i', `${crl}.crl`)
  },
  accepts: ({ run }, names, purpose) =>
    all(names, async (name) => {
      const usage = ['-pp', '-u', purpose === 'client' ? '0' : '1']
      const crl = ['-g', 'leaf', '-m', 'crl', '-s', 'failIfNoInfo']
      const { output } = await run('vfychain', '-d', 'sql:nss', ...usage, ...crl, '-r', `${name}.der`, 'users.der')
      return output.includes('Chain is good!')
    }),
  async acceptsCrl({ run }, crl) {
    return (await run('crlutil', '-I', '-d', 'sql:nss', '-i', `${crl}.crl`)).code === 0
  },
}

const BOTAN: Verifier = {
  name: 'Botan',
  programs: ['botan'],
  authorities: 'ECDSA',
  keys: KEY_KINDS,
  judges: [],
  accepts: ({ run }, names) =>
    all(names, async (name) => {
      const { output } = await run('botan', 'cert_verify', `${name}.pem`, 'users.pem', 'root.pem')
      return output.includes('Certificate passes validation checks')
    }),
}

/** Debian builds it without ECDSA. */
const HEIMDAL: Verifier = {
  name: 'Heimdal',
  programs: ['hxtool'],
  authorities: 'RSA',
  keys: KEY_KINDS,
  judges: ['revocation'],
  accepts: (installation, names) => hxtool(installation, names, 'crl:FILE:users-crl.pem', 'crl:FILE:root-crl.pem'),
  acceptsCrl: (installation, crl) =>
    hxtool(installation, ['P-256-0'], `crl:FILE:${crl}-crl.pem`, 'crl:FILE:root-crl.pem'),
  async readsOcsp(installation, certificate, answer) {
    const isGood = await hxtool(installation, [certificate], `ocsp:FILE:${answer}.ocsp`, 'crl:FILE:root-crl.pem')
    if (isGood) return 'good'
    const { output } = await installation.run(
      ...([
        'hxtool',
        'verify',
        `cert:FILE:${certificate}.pem`,
        'chain:FILE:users.pem',
        'anchor:FILE:root.pem',
      ] as const),
      ...([`ocsp:FILE:${answer}.ocsp`, 'crl:FILE:root-crl.pem'] as const),
    )
    return /revoked/i.test(output) ? 'revoked' : null
  },
}

/** All certificates in one call, which fails when one of them does. */
async function hxtool(
  { run }: Installation,
  names: readonly string[],
  ...revocation: readonly string[]
): Promise<boolean> {
  const certificates = names.map((name) => `cert:FILE:${name}.pem`)
  const chain = ['chain:FILE:users.pem', 'anchor:FILE:root.pem']
  const { code, output } = await run('hxtool', 'verify', ...certificates, ...chain, ...revocation)
  return code === 0 && output.split('path ok').length - 1 === names.length
}

export const VERIFIERS: readonly Verifier[] = [OPENSSL, GNUTLS, NSS, BOTAN, HEIMDAL]
