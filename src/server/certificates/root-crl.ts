import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Authority, AuthorityCertificate } from '../../pki/authority.js'
import { crlNumber, isCrlOf, type ParsedCrl, parseCrl } from '../../pki/crl.js'
import { encodeCrlEntry, type Revocation } from '../../pki/crl-entry.js'
import { issueCrl } from '../../pki/issue-crl.js'
import { decodePem, encodePem } from '../../pki/pem.js'
import type { Authorities, Generation } from './authorities.js'
import type { KnownRevocations } from './known-revocations.js'
import { publish } from './publication.js'
import { blaming, refusal, systemCode } from './refusal.js'

const LABEL = 'X509 CRL' // [RFC 7468 6]
const YEAR_MS = 365 * 86_400_000
/** A client's clock may be behind. */
const BACKDATE_MS = 60_000
/** Two thirds of its life. */
const RENEWAL_SHARE = 2 / 3
const REMEDY = 'restore it, or remove it and start once with root-ca.key in place, and Hermes makes another'

/** The root's CRL, which is kept beside its certificate since its key may be elsewhere. */
export const ROOT_CRL = 'root-ca.crl'

/** A CRL as it is given out. */
export interface RootCrl {
  readonly der: Buffer
  readonly number: bigint
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

/** What a CRL follows: the number of the last, 0 for none, and what is revoked, encoded. */
export interface RootCrlList {
  readonly last: number
  readonly entries: readonly Uint8Array[]
}

/** The next CRL of the root in PEM, for a year. */
export async function issueRootCrl(root: Authority, now: Date, { last, entries }: RootCrlList): Promise<string> {
  const der = await issueCrl(root, {
    number: Math.max(Math.floor(now.getTime() / 1000), last + 1),
    thisUpdate: new Date(now.getTime() - BACKDATE_MS),
    nextUpdate: new Date(now.getTime() + YEAR_MS),
    entries,
  })
  return encodePem(LABEL, der)
}

/** What a CRL lists, and one certificate more. */
export function listOf({ number, parsed }: ParsedRootCrl, revoked: Revocation | null = null): RootCrlList {
  const { entries } = parsed.tbs
  const added = revoked === null ? [] : [encodeCrlEntry(revoked)]
  return { last: Number(number), entries: [...(entries === null ? [] : [entries]), ...added] }
}

export interface ParsedRootCrl extends RootCrl {
  readonly parsed: ParsedCrl
}

export function parseRootCrl(pem: string, root: AuthorityCertificate): ParsedRootCrl {
  const der = Buffer.from(decodePem(pem, [LABEL]))
  const parsed = parseCrl(der)
  if (!isCrlOf(parsed, root)) throw new Error('it is not a CRL that root-ca.pem has signed')
  const { thisUpdate, nextUpdate } = parsed.tbs
  if (nextUpdate === null) throw new Error('it does not say when the next CRL is due')
  return { der, number: crlNumber(parsed.tbs) ?? 0n, thisUpdate, nextUpdate, parsed }
}

/** The CRL of the root from its file, null without one. A bad file is a start error. */
export async function readRootCrl(directory: string, root: AuthorityCertificate): Promise<ParsedRootCrl | null> {
  const file = join(directory, ROOT_CRL)
  const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return null
    throw refusal(file, `the file cannot be read (${systemCode(cause) ?? String(cause)})`, REMEDY, cause)
  })
  return pem === null ? null : blaming(file, REMEDY, () => parseRootCrl(pem, root))
}

/**
 * Checks the CRL of the root at start, and makes it anew when it is missing or past two thirds of its life, if the
 * key of the root is there. One that is missing lists again what is `known` to have been revoked. Answers it, and
 * whether it still is due. A bad file is a start error.
 */
export async function keepRootCrl(
  directory: string,
  { root, rootSigner, generations }: Authorities,
  known: KnownRevocations,
  now: Date,
): Promise<{ readonly crl: ParsedRootCrl | null; readonly isDue: boolean }> {
  const crl = await readRootCrl(directory, root)
  if (crl !== null && !isDue(crl, now)) return { crl, isDue: false }
  if (rootSigner === null) return { crl, isDue: true }
  const pem = await issueRootCrl(rootSigner, now, crl === null ? listKnown(generations, known) : listOf(crl))
  await publish(directory, new Map([[ROOT_CRL, pem]]))
  return { crl: parseRootCrl(pem, root), isDue: false }
}

/** For what reason is not known any more. */
function listKnown(generations: readonly Generation[], { rootCrl, revoked }: KnownRevocations): RootCrlList {
  const entries = revoked.flatMap(({ name, revokedAt }) => {
    const { serialNumber } = generations.find((one) => one.name === name)?.certificate ?? {}
    return serialNumber === undefined ? [] : [encodeCrlEntry({ serialNumber, revokedAt, reason: null })]
  })
  return { last: rootCrl ?? 0, entries }
}

function isDue({ thisUpdate, nextUpdate }: RootCrl, now: Date): boolean {
  const life = nextUpdate.getTime() - thisUpdate.getTime()
  return now.getTime() >= thisUpdate.getTime() + life * RENEWAL_SHARE
}
