import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HermesError } from '../../errors.js'
import type { Authority, AuthorityCertificate } from '../../pki/authority.js'
import { crlNumber, isCrlOf, type ParsedCrl, parseCrl } from '../../pki/crl.js'
import { encodeCrlEntry, type Revocation } from '../../pki/crl-entry.js'
import { issueCrl } from '../../pki/issue-crl.js'
import { decodePem, encodePem } from '../../pki/pem.js'
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

/** The next CRL of the root in PEM, for a year, with what the one before lists, and one certificate more. */
export async function issueRootCrl(
  root: Authority,
  now: Date,
  previous: ParsedCrl | null,
  revoked: Revocation | null = null,
): Promise<string> {
  const last = previous === null ? 0n : (crlNumber(previous.tbs) ?? 0n)
  const entries = previous?.tbs.entries ?? null
  const der = await issueCrl(root, {
    number: Math.max(Math.floor(now.getTime() / 1000), Number(last) + 1),
    thisUpdate: new Date(now.getTime() - BACKDATE_MS),
    nextUpdate: new Date(now.getTime() + YEAR_MS),
    entries: [...(entries === null ? [] : [entries]), ...(revoked === null ? [] : [encodeCrlEntry(revoked)])],
  })
  return encodePem(LABEL, der)
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
 * key of the root is there. Answers it, and whether it still is due. A bad file is a start error.
 */
export async function keepRootCrl(
  directory: string,
  root: AuthorityCertificate,
  signer: Authority | null,
  now: Date,
): Promise<{ readonly crl: ParsedRootCrl | null; readonly isDue: boolean }> {
  const crl = await readRootCrl(directory, root)
  if (crl !== null && !isDue(crl, now)) return { crl, isDue: false }
  if (signer === null) return { crl, isDue: true }
  const pem = await issueRootCrl(signer, now, crl?.parsed ?? null)
  await publish(directory, new Map([[ROOT_CRL, pem]]))
  return { crl: parseRootCrl(pem, root), isDue: false }
}

function isDue({ thisUpdate, nextUpdate }: RootCrl, now: Date): boolean {
  const life = nextUpdate.getTime() - thisUpdate.getTime()
  return now.getTime() >= thisUpdate.getTime() + life * RENEWAL_SHARE
}

/** Gives out the CRL of the root from its file, and a later one as soon as somebody puts it there. */
export class RootCrlFile {
  readonly #file: string
  readonly #root: AuthorityCertificate
  #read: { readonly version: string; readonly crl: RootCrl } | null = null

  constructor(directory: string, root: AuthorityCertificate) {
    this.#file = join(directory, ROOT_CRL)
    this.#root = root
  }

  /** Rejects with `not_found` when there is none, and `internal` when the file is bad. */
  async current(): Promise<RootCrl> {
    const { mtimeMs, size, ino } = await stat(this.#file).catch(whyMissing)
    const version = `${mtimeMs} ${size} ${ino}`
    if (this.#read?.version === version) return this.#read.crl
    const pem = await readFile(this.#file, 'utf8').catch(whyMissing)
    const crl = parseRootCrl(pem, this.#root)
    // Not one of before: it may have forgotten what was revoked since.
    const last = this.#read?.crl
    this.#read = { version, crl: last && last.number > crl.number ? last : crl }
    return this.#read.crl
  }
}

function whyMissing(cause: unknown): never {
  if (systemCode(cause) !== 'ENOENT') throw cause
  throw new HermesError('not_found', 'There is no CRL of the root: it is made with its key, which was away', { cause })
}
