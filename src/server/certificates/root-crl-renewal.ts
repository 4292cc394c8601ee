import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuthorityCertificate } from '../../pki/authority.js'
import { type Revocation, readCrlEntries } from '../../pki/crl-entry.js'
import type { RevokedAuthority } from '../../store/authority-store.js'
import { kindOf } from '../../store/revocation-store.js'
import { isIssuedBy, openRoot, readCertificate } from './authorities.js'
import { certificateFile, issuerFile, issuersAmong, keyFile, RESTORE } from './files.js'
import { readPassphrase } from './passphrase.js'
import { type Publish, writingTo } from './publication.js'
import { refusal } from './refusal.js'
import {
  issueRootCrl,
  listOf,
  type ParsedRootCrl,
  parseRootCrl,
  ROOT_CRL,
  type RootCrl,
  readRootCrl,
} from './root-crl.js'

export interface RootCrlRenewal {
  readonly directory: string
  readonly passphraseFile: string | null
  readonly now: Date
  /** A CA to be listed from now on; null for none. */
  readonly revoke: RevokedAuthority | null
}

/**
 * Makes the next CRL of the root in the place of the last, whatever that promised. Needs nothing of the folder but
 * `root-ca.pem`, `root-ca.key` and `root-ca.crl`, so that it can be done on a machine that has no more, and to revoke a
 * CA its certificate and that of its successor.
 */
export function renewRootCrl(renewal: RootCrlRenewal): Promise<RootCrl & { readonly file: string }> {
  return writingTo(renewal.directory, (publish) => renew(renewal, publish))
}

async function renew(
  { directory, passphraseFile, now, revoke }: RootCrlRenewal,
  publish: Publish,
): Promise<RootCrl & { readonly file: string }> {
  const key = keyFile(directory, 'root-ca')
  const passphrase = await readPassphrase(passphraseFile)
  const { root, rootSigner } = await openRoot(directory, passphrase, existsSync(key), now)
  if (rootSigner === null)
    throw refusal(key, 'the key of the root is not here', 'bring it back, or do this on the machine that has it')
  const file = join(directory, ROOT_CRL)
  const previous = await readRootCrl(directory, root)
  if (previous === null)
    throw refusal(file, 'the last CRL is not here, so that what it lists would be lost', 'copy it here from the server')
  const entry = revoke === null ? null : await entryOf(revoke, directory, root, previous, now)
  const pem = await issueRootCrl(rootSigner, now, listOf(previous, entry))
  await publish(new Map([[ROOT_CRL, pem]]))
  return { file, ...parseRootCrl(pem, root) }
}

/** Null where it is listed already. */
async function entryOf(
  { name, reason }: RevokedAuthority,
  directory: string,
  root: AuthorityCertificate,
  previous: ParsedRootCrl,
  now: Date,
): Promise<Revocation | null> {
  const file = certificateFile(directory, issuerFile(name))
  const kind = kindOf(name)
  const present = issuersAmong(await readdir(directory), kind)
  if (!present.includes(name))
    throw refusal(file, 'the file is missing', `name a CA that is here (${present.join(', ')}), or copy it here`)
  const certificate = await readCertificate(file)
  if (!isIssuedBy(certificate, root)) throw refusal(file, 'it was not issued by root-ca.pem', RESTORE)
  if (present[0] === name)
    throw refusal(
      file,
      `it is the newest CA of ${kind} here, and nothing could be issued once it is revoked`,
      `run hermes admin rotate-ca ${kind} first`,
    )
  const { serialNumber } = certificate
  const isListed = readCrlEntries(previous.parsed.tbs.entries).some((entry) => entry.serialNumber === serialNumber)
  return isListed ? null : { serialNumber, reason, revokedAt: now }
}
