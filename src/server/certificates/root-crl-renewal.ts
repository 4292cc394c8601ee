import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openRoot } from './authorities.js'
import { keyFile } from './files.js'
import { readPassphrase } from './passphrase.js'
import { publish } from './publication.js'
import { refusal } from './refusal.js'
import { issueRootCrl, parseRootCrl, ROOT_CRL, type RootCrl, readRootCrl } from './root-crl.js'

export interface RootCrlRenewal {
  readonly directory: string
  readonly passphraseFile: string | null
  readonly now: Date
}

/**
 * Makes the next CRL of the root in the place of the last, whatever that promised. Needs nothing of the folder but
 * `root-ca.pem`, `root-ca.key` and `root-ca.crl`, so that it can be done on a machine that has no more.
 */
export async function renewRootCrl({
  directory,
  passphraseFile,
  now,
}: RootCrlRenewal): Promise<RootCrl & { readonly file: string }> {
  const key = keyFile(directory, 'root-ca')
  const passphrase = await readPassphrase(passphraseFile)
  const { root, rootSigner } = await openRoot(directory, passphrase, existsSync(key), now)
  if (rootSigner === null)
    throw refusal(key, 'the key of the root is not here', 'bring it back, or do this on the machine that has it')
  const file = join(directory, ROOT_CRL)
  const previous = await readRootCrl(directory, root)
  if (previous === null)
    throw refusal(file, 'the last CRL is not here, so that what it lists would be lost', 'copy it here from the server')
  const pem = await issueRootCrl(rootSigner, now, previous.parsed)
  await publish(directory, new Map([[ROOT_CRL, pem]]))
  return { file, ...parseRootCrl(pem, root) }
}
