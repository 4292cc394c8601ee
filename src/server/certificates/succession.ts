import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Authority, AuthorityCertificate } from '../../pki/authority.js'
import { parseCertificate } from '../../pki/certificate.js'
import { createSuccessor } from '../../pki/hierarchy.js'
import { type Publication, publicationOf } from '../../pki/publication.js'
import { readPublication } from '../../pki/read-publication.js'
import type { IssuerKind, IssuerName } from '../../store/revocation-store.js'
import { openRoot, readCertificate } from './authorities.js'
import { certificateFile, generationOf, issuerFile, issuerName, issuersAmong, keyFile, RESTORE } from './files.js'
import { lockedKey, type Passphrase, readPassphrase } from './passphrase.js'
import { type Publish, writingTo } from './publication.js'
import { refusal } from './refusal.js'

export interface Succession {
  readonly directory: string
  readonly passphraseFile: string | null
  /** Where the root's CRL is found, if it is to be another place than certificates say by now. */
  readonly pkiUrl: string | null
  readonly now: Date
}

export interface Successor {
  readonly name: IssuerName
  readonly certificate: AuthorityCertificate
  readonly files: readonly string[]
}

/**
 * Makes the next issuing CA of a kind, signed by the root, beside those that are there, whose certificates stay good.
 * Needs nothing of the folder but `root-ca.pem`, `root-ca.key` and the certificate of the newest of its kind.
 */
export function makeSuccessor(kind: IssuerKind, succession: Succession): Promise<Successor> {
  return writingTo(succession.directory, (publish) => succeed(kind, succession, publish))
}

async function succeed(
  kind: IssuerKind,
  { directory, passphraseFile, pkiUrl, now }: Succession,
  publish: Publish,
): Promise<Successor> {
  const passphrase = await readPassphrase(passphraseFile)
  const root = await openSigner(directory, passphrase, now)
  const [newest] = issuersAmong(await readdir(directory), kind)
  if (newest === undefined)
    throw refusal(certificateFile(directory, issuerFile(kind)), 'the file is missing', `${RESTORE}, or copy it here`)
  const last = await readCertificate(certificateFile(directory, issuerFile(newest)))
  const generation = generationOf(newest) + 1
  const publication = pkiUrl === null ? publishedBy(last) : publicationOf(pkiUrl, 'root')
  const successor = createSuccessor({ ...root, publication }, { kind, generation, now })
  const name = issuerName(kind, generation)
  const file = issuerFile(name)
  await publish(
    new Map([
      [`${file}.key`, await lockedKey(successor.key, passphrase)],
      [`${file}.pem`, successor.certificatePem],
    ]),
  )
  return { name, certificate: successor, files: [`${file}.pem`, `${file}.key`].map((each) => join(directory, each)) }
}

async function openSigner(directory: string, passphrase: Passphrase | null, now: Date): Promise<Authority> {
  const key = keyFile(directory, 'root-ca')
  const { rootSigner } = await openRoot(directory, passphrase, existsSync(key), now)
  if (rootSigner !== null) return rootSigner
  throw refusal(key, 'the key of the root is not here', 'bring it back, or do this on the machine that has it')
}

/** Where the root is published, by what it signed before. */
function publishedBy({ certificateDer }: AuthorityCertificate): Publication | null {
  return readPublication(parseCertificate(certificateDer).tbs)
}
