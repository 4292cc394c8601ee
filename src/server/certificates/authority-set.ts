import { HermesError } from '../../errors.js'
import type { Issuer } from '../../identity/issue.js'
import type { Authority, AuthorityCertificate } from '../../pki/authority.js'
import { readCrlEntries } from '../../pki/crl-entry.js'
import { publicationOf } from '../../pki/publication.js'
import { AUTHORITY_REASONS, type RevokedAuthority } from '../../store/authority-store.js'
import { type IssuerKind, type IssuerName, kindOf } from '../../store/revocation-store.js'
import type { Authorities, Generation } from './authorities.js'
import type { ParsedRootCrl, RootCrl } from './root-crl.js'

/** The CAs of the folder with what the root has revoked, as of one moment. */
export interface AuthoritySet {
  readonly root: AuthorityCertificate
  /** Newest first, those of users before those of servers. */
  readonly generations: readonly Generation[]
  /** Those that can sign. */
  readonly signers: ReadonlyMap<IssuerName, Authority>
  readonly revoked: readonly RevokedAuthority[]
  /** Null where there is none. */
  readonly rootCrl: RootCrl | null
}

export function authoritySet({ root, generations }: Authorities, crl: ParsedRootCrl | null): AuthoritySet {
  const signers = generations.flatMap(({ name, signer }) => (signer === null ? [] : [[name, signer] as const]))
  return {
    root,
    generations,
    signers: new Map(signers),
    revoked: revokedAmong(generations, crl),
    rootCrl: crl,
  }
}

function revokedAmong(generations: readonly Generation[], crl: ParsedRootCrl | null): readonly RevokedAuthority[] {
  if (crl === null) return []
  return readCrlEntries(crl.parsed.tbs.entries).flatMap(({ serialNumber, reason: given }) => {
    const listed = generations.find(({ certificate }) => certificate.serialNumber === serialNumber)
    // Whatever the root says against a CA, it is to be trusted no more.
    const reason = AUTHORITY_REASONS.find((one) => one === given) ?? 'cACompromise'
    return listed === undefined ? [] : [{ name: listed.name, reason }]
  })
}

export function ofKind({ generations }: Pick<AuthoritySet, 'generations'>, kind: IssuerKind): readonly Generation[] {
  return generations.filter(({ name }) => kindOf(name) === kind)
}

/** Whether a CA is the one of its kind that issues. */
export function isNewest(set: Pick<AuthoritySet, 'generations'>, name: IssuerName): boolean {
  return ofKind(set, kindOf(name))[0]?.name === name
}

/** Whether the root's CRL lists a CA. */
export function isRevoked({ revoked }: Pick<AuthoritySet, 'revoked'>, name: IssuerName): boolean {
  return revoked.some((one) => one.name === name)
}

/** PEM of every CA of a kind, newest first. */
export function pemsOf(set: AuthoritySet, kind: IssuerKind): readonly string[] {
  return ofKind(set, kind).map(({ certificate }) => certificate.certificatePem)
}

/**
 * The newest of a kind, whose certificates say that they are published under `pkiUrl`. Throws `unavailable` when the
 * root has revoked it.
 */
export function issuerOf(set: AuthoritySet, kind: IssuerKind, pkiUrl: string | null): Issuer {
  const [newest] = ofKind(set, kind)
  if (!newest?.signer) throw new HermesError('internal', `There is no CA of ${kind} that can sign`)
  const { name, signer } = newest
  if (isRevoked(set, name))
    throw new HermesError(
      'unavailable',
      `The CA ${name} is revoked: the operator makes the next with hermes admin rotate-ca`,
    )
  return { ...signer, name, publication: pkiUrl === null ? null : publicationOf(pkiUrl, name) }
}

/** The CAs as the running server has them; what uses them asks each time. */
export interface LiveAuthorities {
  readonly current: AuthoritySet
  /** SPKI hashes of their keys and of those before, which no user may have. */
  readonly forbiddenKeys: ReadonlySet<string>
  take(set: AuthoritySet): void
}

export function liveAuthorities(first: AuthoritySet): LiveAuthorities {
  let current = first
  const forbiddenKeys = new Set(keysOf(first))
  return {
    get current() {
      return current
    },
    forbiddenKeys,
    take(set) {
      current = set
      for (const key of keysOf(set)) forbiddenKeys.add(key)
    },
  }
}

function keysOf({ root, generations }: AuthoritySet): readonly string[] {
  return [root.spkiHash, ...generations.map(({ certificate }) => certificate.spkiHash)]
}
