import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuthorityRecord, AuthoritySettlement, AuthorityStore } from '../../store/authority-store.js'
import { openAuthorities } from './authorities.js'
import { type AuthoritySet, authoritySet, isRevoked } from './authority-set.js'
import { certificateFile, isNamed, issuerFile, RESTORE } from './files.js'
import type { Passphrase } from './passphrase.js'
import { READY } from './publication.js'
import { refusal } from './refusal.js'
import { ROOT_CRL, readRootCrl } from './root-crl.js'

/** What of the folder says that its CAs have changed; null while files are being put in place. */
export async function folderVersion(directory: string): Promise<string | null> {
  const files = await readdir(directory)
  if (files.includes(READY)) return null
  const crl = await stat(join(directory, ROOT_CRL)).catch(() => null)
  const names = files.filter((file) => isNamed(file) && !file.startsWith('server.')).sort()
  return [...names, crl?.mtimeMs, crl?.size, crl?.ino].join(' ')
}

/** The CAs of the folder as they are now. Throws `invalid_request` in one line that names the file at fault. */
export async function readAuthoritySet(
  directory: string,
  passphrase: Passphrase | null,
  now: Date,
): Promise<AuthoritySet> {
  const authorities = await openAuthorities(directory, passphrase, false, now)
  return authoritySet(authorities, await readRootCrl(directory, authorities.root))
}

/**
 * Writes down what the folder holds and revokes what the root has revoked; answers whose certificates. Throws
 * `invalid_request` when a CA is missing that was there once, or is another one.
 */
export async function settleAuthorities(
  store: AuthorityStore,
  directory: string,
  set: AuthoritySet,
  at: Date,
): Promise<readonly number[]> {
  const present = new Set(set.generations.map(({ name }) => name))
  const known = await store.listAuthorities()
  const missing = known.find(({ name }) => !present.has(name))
  if (missing !== undefined)
    throw refusal(certificateFile(directory, issuerFile(missing.name)), 'the file is missing', RESTORE)
  refuseForgetting(known, directory, set)
  refuseOlder(await store.rootCrlNumber(), directory, set)
  return store.settleAuthorities(settlementOf(set, at))
}

/**
 * An older CRL, or one made from an older one: whoever reads it would trust again what was revoked [RFC 5280 5.2.3].
 */
function refuseForgetting(known: readonly AuthorityRecord[], directory: string, set: AuthoritySet): void {
  const forgotten = known.find(({ name, revokedAt }) => revokedAt !== null && !isRevoked(set, name))
  if (forgotten === undefined) return
  const remedy = `put the newest there, or run hermes admin root-crl --revoke ${forgotten.name}`
  throw refusal(join(directory, ROOT_CRL), `it does not list ${forgotten.name}, which was revoked`, remedy)
}

/** The numbers of CRLs go up alone [RFC 5280 5.2.3]. */
function refuseOlder(newest: number | null, directory: string, { rootCrl }: AuthoritySet): void {
  if (newest === null || rootCrl === null || rootCrl.number >= newest) return
  const remedy = 'put the newest there, or remove it and start once with root-ca.key in place, and Hermes makes another'
  throw refusal(join(directory, ROOT_CRL), `its number is ${rootCrl.number}, and ${newest} was there before`, remedy)
}

function settlementOf({ generations, rootCrl, revoked }: AuthoritySet, at: Date): AuthoritySettlement {
  const authorities = generations.map(({ name, certificate: { fingerprint } }) => ({ name, fingerprint }))
  return { authorities, rootCrl: rootCrl === null ? null : { number: Number(rootCrl.number), revoked }, at }
}
