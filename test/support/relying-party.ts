import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { published } from './public-parts.js'
import type { User } from './user.js'

/** Runs openssl in a folder; both streams. */
export function opensslIn(directory: string, ...args: readonly string[]) {
  return new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
    const child = execFile('openssl', args, { cwd: directory }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: stderr + stdout }),
    )
    child.stdin?.end()
  })
}

/** What a relying party finds out with nothing but the root and its CRL: what the URLs in the certificate tell. */
export async function judged(directory: string, pkiUrl: string, { username, certificate }: User) {
  const x509 = new X509Certificate(certificate)
  const [, issuerUrl = ''] = /CA Issuers - URI:(\S+)/.exec(x509.infoAccess ?? '') ?? []
  await writeFile(join(directory, 'issuer.pem'), new X509Certificate(await published(issuerUrl)).toString())
  await writeFile(join(directory, `${username}.pem`), certificate)
  const chain = ['-CAfile', 'certs/root-ca.pem', '-untrusted', 'issuer.pem', `${username}.pem`]
  const crl = [
    '-x509_strict',
    '-purpose',
    'sslclient',
    '-crl_download',
    '-crl_check_all',
    '-CRLfile',
    'certs/root-ca.crl',
  ]
  const verified = await opensslIn(directory, 'verify', ...crl, ...chain)
  const about = ['-issuer', 'issuer.pem', '-cert', `${username}.pem`, '-CAfile', 'certs/root-ca.pem']
  const ocsp = await opensslIn(directory, 'ocsp', ...about, '-url', `${pkiUrl}/ocsp`)
  return {
    crl: verified.code === 0 ? 'good' : verified.output,
    ocsp: /Response verify OK\s+\S+: (\w+)/.exec(ocsp.output)?.[1] ?? ocsp.output,
  }
}
