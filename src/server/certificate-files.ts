import { readdir } from 'node:fs/promises'
import { HermesError } from '../errors.js'
import type { Issuer } from '../identity/issue.js'
import type { Authority, AuthorityCertificate } from '../pki/authority.js'
import { hostNames } from '../pki/general-names.js'
import { createHierarchy } from '../pki/hierarchy.js'
import { deriveKey, lockWith } from '../pki/pbes2.js'
import { openAuthorities } from './certificates/authorities.js'
import { type AuthoritySet, authoritySet, issuerOf, ofKind } from './certificates/authority-set.js'
import { isNamed, issuerFile, issuersAmong, RESTORE } from './certificates/files.js'
import { type KnownRevocations, NOTHING_REVOKED } from './certificates/known-revocations.js'
import { PASSPHRASE_ITERATIONS, type Passphrase, readPassphrase } from './certificates/passphrase.js'
import { prepareDirectory, publish } from './certificates/publication.js'
import { blaming, refusal } from './certificates/refusal.js'
import { issueRootCrl, keepRootCrl, ROOT_CRL } from './certificates/root-crl.js'
import {
  isRenewalDue,
  issueServerPair,
  readOwnPair,
  readServerPair,
  type ServerPair,
  type ServerRequest,
  serverFiles,
} from './certificates/server-pair.js'

export interface CertificateOptions extends ServerRequest {
  readonly directory: string
  /** Its first line locks the CA keys; null leaves them plain. */
  readonly passphraseFile: string | null
  /** The operator's own certificate and key for the identity listener, both or neither. */
  readonly tlsCertFile: string | null
  readonly tlsKeyFile: string | null
  /** Where CRLs, OCSP and issuers are found, if that is known before a start; stands in what is issued here. */
  readonly pkiUrl?: string | null
  /** False: an empty folder is refused, since the database belongs to a CA that is missing. */
  readonly mayCreate?: boolean
  /** What the database knows; by default nothing. */
  readonly known?: KnownRevocations
}

/** Everything of the certificates folder, checked. */
export interface Certificates {
  readonly root: AuthorityCertificate
  readonly authorities: AuthoritySet
  /** The newest of each kind, which issue. */
  readonly users: Issuer
  readonly servers: Issuer
  readonly server: ServerPair
  /** The operator's own where there is one, else `server`. */
  readonly identityServer: ServerPair
  /** This start made the CAs. */
  readonly created: boolean
  /** This start issued the server certificate anew: it was due, the host names differ, or it had been removed. */
  readonly renewed: boolean
  /** The CRL of the root is missing or ages, and its key is not here to make another. */
  readonly rootCrlDue: boolean
  readonly rootKeyPresent: boolean
}

async function create(options: CertificateOptions, passphrase: Passphrase | null): Promise<void> {
  const { now, pkiUrl = null } = options
  const hierarchy = createHierarchy({ now, pkiUrl })
  const server = issueServerPair(hierarchy.servers, options)
  const derived = passphrase === null ? null : await deriveKey(passphrase.text, PASSPHRASE_ITERATIONS)
  const keyPem = ({ key }: Authority): string =>
    derived === null ? String(key.export({ format: 'pem', type: 'pkcs8' })) : lockWith(derived, key)
  const files = new Map(serverFiles(server))
  for (const [name, authority] of Object.entries({
    'root-ca': hierarchy.root,
    'users-ca': hierarchy.users,
    'servers-ca': hierarchy.servers,
  })) {
    files.set(`${name}.key`, keyPem(authority))
    files.set(`${name}.pem`, authority.certificatePem)
  }
  files.set(ROOT_CRL, await issueRootCrl(hierarchy.root, now, { last: 0, entries: [] }))
  await publish(options.directory, files)
}

/**
 * The root key may be elsewhere, and that of a CA that has a successor may be gone. Both files of the server may be
 * missing: the servers' CA issues others.
 */
function checkComplete(directory: string, present: ReadonlySet<string>): void {
  const newest = (['users', 'servers'] as const).map((kind) => issuerFile(issuersAmong(present, kind)[0] ?? kind))
  const needed = ['root-ca.pem', ...[...newest, 'server'].flatMap((name) => [`${name}.pem`, `${name}.key`])]
  const missing = needed.filter((file) => !present.has(file))
  const isServerAlone = missing.length === 2 && missing.every((file) => file.startsWith('server.'))
  if (missing.length === 0 || isServerAlone) return
  const remedy = missing.every((file) => file.startsWith('server.'))
    ? 'restore it, or remove the other file of the server too'
    : RESTORE
  throw refusal(directory, `${missing.join(', ')} missing while other files of the CA are there`, remedy)
}

async function openServer(
  options: CertificateOptions,
  authorities: AuthoritySet,
  servers: Issuer,
  isPresent: boolean,
): Promise<{ server: ServerPair; renewed: boolean }> {
  const current = isPresent ? await readServerPair(options.directory, ofKind(authorities, 'servers')) : null
  if (current !== null && !isRenewalDue(current, servers, options)) return { server: current, renewed: false }
  const server = issueServerPair(servers, options)
  await publish(options.directory, serverFiles(server))
  return { server, renewed: true }
}

/** The operator's own pair for the identity listener, as its files are now; null where there is none. */
export async function readOperatorPair({
  tlsCertFile,
  tlsKeyFile,
  now,
}: Pick<CertificateOptions, 'tlsCertFile' | 'tlsKeyFile' | 'now'>): Promise<ServerPair | null> {
  if (tlsCertFile !== null && tlsKeyFile !== null) return readOwnPair(tlsCertFile, tlsKeyFile, now)
  if (tlsCertFile === null && tlsKeyFile === null) return null
  throw new HermesError(
    'invalid_request',
    'HERMES_TLS_CERT_FILE and HERMES_TLS_KEY_FILE: only one is set; set both or neither',
  )
}

async function filesIn(directory: string): Promise<ReadonlySet<string>> {
  return new Set((await readdir(directory)).filter(isNamed))
}

/**
 * Opens the certificates folder; makes everything in it when it holds none of its files, and issues the server
 * certificate anew when it is due. Whatever is bad, missing or mismatched throws `invalid_request` in one line that
 * names the file and what to do; nothing of a CA is ever overwritten.
 */
export async function openCertificates(options: CertificateOptions): Promise<Certificates> {
  const { directory, pkiUrl = null, known = NOTHING_REVOKED, now } = options
  blaming('HERMES_HOSTNAMES', 'correct the variable', () => hostNames(options.hostnames))
  const passphrase = await readPassphrase(options.passphraseFile)
  await prepareDirectory(directory)
  const created = (await filesIn(directory)).size === 0
  if (created && options.mayCreate === false)
    throw refusal(
      directory,
      'it is empty, but the database belongs to a CA',
      `where several nodes share that, copy the CAs of another into it; else ${RESTORE}`,
    )
  if (created) await create(options, passphrase)
  const present = await filesIn(directory)
  checkComplete(directory, present)
  const rootKeyPresent = present.has('root-ca.key')
  const opened = await openAuthorities(directory, passphrase, rootKeyPresent, now)
  const rootCrl = await keepRootCrl(directory, opened, known, now)
  const authorities = authoritySet(opened, rootCrl.crl)
  const users = issuerOf(authorities, 'users', null)
  const servers = issuerOf(authorities, 'servers', pkiUrl)
  const { server, renewed } = await openServer(options, authorities, servers, present.has('server.pem'))
  return {
    root: opened.root,
    authorities,
    users,
    servers,
    server,
    identityServer: (await readOperatorPair(options)) ?? server,
    created,
    renewed,
    rootCrlDue: rootCrl.isDue,
    rootKeyPresent,
  }
}

/**
 * A new server pair, written to the folder, when `current` is due; null when it is not. For swapping it in without a
 * restart.
 */
export async function renewServer(
  options: CertificateOptions,
  servers: Issuer,
  current: ServerPair,
): Promise<ServerPair | null> {
  if (!isRenewalDue(current, servers, options)) return null
  const server = issueServerPair(servers, options)
  await publish(options.directory, serverFiles(server))
  return server
}
