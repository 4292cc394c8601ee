import { X509Certificate } from 'node:crypto'
import {
  type Authority,
  type AuthorityCertificate,
  createAuthority,
  parseAuthorityCertificate,
} from '../../pki/authority.js'
import { OID } from '../../pki/oids.js'
import { publicationOf } from '../../pki/publication.js'
import { certificateFile, keyFile, RESTORE, readText } from './files.js'
import { type Passphrase, readAuthorityKey } from './passphrase.js'
import { blaming, refusal } from './refusal.js'

export interface Authorities {
  readonly root: AuthorityCertificate
  /** The root with its key; null while that is elsewhere. */
  readonly rootSigner: Authority | null
  readonly users: Authority
  readonly servers: Authority
}

const PURPOSES = {
  'users-ca': { oid: OID.clientAuth, name: 'clientAuth' },
  'servers-ca': { oid: OID.serverAuth, name: 'serverAuth' },
} as const

type IssuingName = keyof typeof PURPOSES

function checkValidity(file: string, { notBefore, notAfter }: AuthorityCertificate, now: Date): void {
  if (now > notAfter)
    throw refusal(file, `it expired on ${notAfter.toISOString()}`, 'replace this CA, or correct the clock')
  if (now < notBefore) throw refusal(file, `it is not valid before ${notBefore.toISOString()}`, 'correct the clock')
}

async function readCertificate(file: string, now: Date): Promise<AuthorityCertificate> {
  const pem = await readText(file, RESTORE)
  const certificate = blaming(file, RESTORE, () => parseAuthorityCertificate(pem))
  checkValidity(file, certificate, now)
  return certificate
}

/** Whether `certificate` was signed by the key of `issuer`, whose name it bears. */
export function isIssuedBy(
  certificate: Pick<AuthorityCertificate, 'certificateDer' | 'issuer'>,
  issuer: AuthorityCertificate,
): boolean {
  if (Buffer.compare(certificate.issuer, issuer.subject) !== 0) return false
  return new X509Certificate(certificate.certificateDer).verify(new X509Certificate(issuer.certificateDer).publicKey)
}

/** Reads and checks the root, with its key if that is here. */
export async function openRoot(
  directory: string,
  passphrase: Passphrase | null,
  hasKey: boolean,
  now: Date,
): Promise<Pick<Authorities, 'root' | 'rootSigner'>> {
  const file = certificateFile(directory, 'root-ca')
  const root = await readCertificate(file, now)
  if (!isIssuedBy(root, root)) throw refusal(file, 'it is not signed by its own key', RESTORE)
  if (!hasKey) return { root, rootSigner: null }
  const key = await readAuthorityKey(keyFile(directory, 'root-ca'), passphrase)
  const signer = blaming(keyFile(directory, 'root-ca'), RESTORE, () => createAuthority(root.certificatePem, key))
  return { root, rootSigner: signer }
}

async function openIssuing(
  directory: string,
  name: IssuingName,
  root: AuthorityCertificate,
  passphrase: Passphrase | null,
  now: Date,
): Promise<Authority> {
  const file = certificateFile(directory, name)
  const certificate = await readCertificate(file, now)
  const purpose = PURPOSES[name]
  if (!isIssuedBy(certificate, root)) throw refusal(file, 'it was not issued by root-ca.pem', RESTORE)
  if (certificate.purposes.join() !== purpose.oid)
    throw refusal(file, `its extended key usage is not ${purpose.name} alone`, RESTORE)
  const key = await readAuthorityKey(keyFile(directory, name), passphrase)
  return blaming(keyFile(directory, name), RESTORE, () => createAuthority(certificate.certificatePem, key))
}

/**
 * Reads and checks the three CAs: their form, dates, chain and purpose, and that each key is its certificate's.
 * `pkiUrl` stands in what the servers' CA issues; that of the users' CA may be known only later.
 */
export async function openAuthorities(
  directory: string,
  passphrase: Passphrase | null,
  hasRootKey: boolean,
  pkiUrl: string | null,
  now: Date,
): Promise<Authorities> {
  const { root, rootSigner } = await openRoot(directory, passphrase, hasRootKey, now)
  const users = await openIssuing(directory, 'users-ca', root, passphrase, now)
  const servers = await openIssuing(directory, 'servers-ca', root, passphrase, now)
  const publication = pkiUrl === null ? null : publicationOf(pkiUrl, 'servers')
  return { root, rootSigner, users, servers: { ...servers, publication } }
}
