import { X509Certificate } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import {
  type Authority,
  type AuthorityCertificate,
  createAuthority,
  parseAuthorityCertificate,
} from '../../pki/authority.js'
import { OID } from '../../pki/oids.js'
import { type IssuerKind, type IssuerName, kindOf } from '../../store/revocation-store.js'
import { certificateFile, issuerFile, issuersAmong, keyFile, RESTORE, readText } from './files.js'
import { type Passphrase, readAuthorityKey } from './passphrase.js'
import { blaming, refusal } from './refusal.js'

/**
 * One of the CAs that issue, of which there may be several of a kind: the newest issues, those before end by and by.
 */
export interface Generation {
  readonly name: IssuerName
  readonly certificate: AuthorityCertificate
  /** Null: it signs nothing any more, since its key is gone or its time is over. */
  readonly signer: Authority | null
}

export interface Authorities {
  readonly root: AuthorityCertificate
  /** The root with its key; null while that is elsewhere. */
  readonly rootSigner: Authority | null
  /** Newest first, those of users before those of servers. */
  readonly generations: readonly Generation[]
}

const PURPOSES = {
  users: { oid: OID.clientAuth, name: 'clientAuth' },
  servers: { oid: OID.serverAuth, name: 'serverAuth' },
} as const

function checkValidity(file: string, { notBefore, notAfter }: AuthorityCertificate, now: Date, next: string): void {
  if (now > notAfter) throw refusal(file, `it expired on ${notAfter.toISOString()}`, `${next}, or correct the clock`)
  if (now < notBefore) throw refusal(file, `it is not valid before ${notBefore.toISOString()}`, 'correct the clock')
}

export async function readCertificate(file: string): Promise<AuthorityCertificate> {
  const pem = await readText(file, RESTORE)
  return blaming(file, RESTORE, () => parseAuthorityCertificate(pem))
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
  const root = await readCertificate(file)
  checkValidity(file, root, now, 'replace this CA')
  if (!isIssuedBy(root, root)) throw refusal(file, 'it is not signed by its own key', RESTORE)
  if (!hasKey) return { root, rootSigner: null }
  const key = await readAuthorityKey(keyFile(directory, 'root-ca'), passphrase)
  const signer = blaming(keyFile(directory, 'root-ca'), RESTORE, () => createAuthority(root.certificatePem, key))
  return { root, rootSigner: signer }
}

interface Opening {
  readonly directory: string
  readonly root: AuthorityCertificate
  readonly passphrase: Passphrase | null
  readonly now: Date
  /** Of the folder. */
  readonly files: readonly string[]
}

async function openKind(kind: IssuerKind, opening: Opening): Promise<readonly Generation[]> {
  const names = issuersAmong(opening.files, kind)
  const [newest] = names
  if (newest === undefined)
    throw refusal(certificateFile(opening.directory, issuerFile(kind)), 'the file is missing', RESTORE)
  const generations = await Promise.all(names.map((name) => openGeneration(name, name === newest, opening)))
  refuseSameKey(generations, opening.directory)
  return generations
}

/** A copy under another name would pass for a successor. */
function refuseSameKey(generations: readonly Generation[], directory: string): void {
  const names = new Map<string, IssuerName>()
  for (const { name, certificate } of generations) {
    const other = names.get(certificate.spkiHash)
    if (other !== undefined)
      throw refusal(certificateFile(directory, issuerFile(other)), `it has the key of ${issuerFile(name)}.pem`, RESTORE)
    names.set(certificate.spkiHash, name)
  }
}

/** Only the newest must be able to sign. */
async function openGeneration(name: IssuerName, isNewest: boolean, opening: Opening): Promise<Generation> {
  const { directory, root, passphrase, now, files } = opening
  const file = certificateFile(directory, issuerFile(name))
  const certificate = await readCertificate(file)
  const purpose = PURPOSES[kindOf(name)]
  if (!isIssuedBy(certificate, root)) throw refusal(file, 'it was not issued by root-ca.pem', RESTORE)
  if (certificate.purposes.join() !== purpose.oid)
    throw refusal(file, `its extended key usage is not ${purpose.name} alone`, RESTORE)
  const isOver = certificate.notAfter < now || !files.includes(`${issuerFile(name)}.key`)
  if (!isNewest && isOver) return { name, certificate, signer: null }
  checkValidity(file, certificate, now, `make the next with hermes admin rotate-ca ${kindOf(name)}`)
  const key = await readAuthorityKey(keyFile(directory, issuerFile(name)), passphrase)
  const signer = blaming(keyFile(directory, issuerFile(name)), RESTORE, () =>
    createAuthority(certificate.certificatePem, key),
  )
  return { name, certificate, signer }
}

/** Reads and checks every CA: their form, dates, chain and purpose, and that each key is its certificate's. */
export async function openAuthorities(
  directory: string,
  passphrase: Passphrase | null,
  hasRootKey: boolean,
  now: Date,
): Promise<Authorities> {
  const { root, rootSigner } = await openRoot(directory, passphrase, hasRootKey, now)
  const opening = { directory, root, passphrase, now, files: await readdir(directory) }
  const generations = [...(await openKind('users', opening)), ...(await openKind('servers', opening))]
  return { root, rootSigner, generations }
}
