import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Authority, createAuthority } from './authority.js'
import { encodeTbs, signTbs } from './certificate.js'
import { parseDer } from './der.js'
import { newSerialNumber, wholeSeconds } from './issue.js'
import { lint } from './lint.js'
import { OID } from './oids.js'
import { encodePem } from './pem.js'
import {
  AUTHORITY_KEY_USAGE,
  authorityBasicConstraints,
  commonName,
  extendedKeyUsage,
  keyIdentifierOf,
  publicationExtensions,
  subjectKeyIdentifier,
} from './profile.js'
import { type IssuerKind, type Publication, publicationOf } from './publication.js'
import { signatureAlgorithmFor } from './signature-algorithm.js'

const HOUR = 3_600_000

/** The authorities of one installation. */
export interface Hierarchy {
  readonly root: Authority
  readonly users: Authority
  readonly servers: Authority
}

export interface HierarchyRequest {
  readonly now: Date
  /** Where CRLs, OCSP and issuers are served, if that is known; it stands in what is issued. */
  readonly pkiUrl?: string | null
}

/** The next generation of an issuing CA. */
export interface SuccessionRequest {
  readonly kind: IssuerKind
  /** From 2 on; stands in its name, so that no verifier takes one for the other. */
  readonly generation: number
  readonly now: Date
}

interface AuthorityRequest {
  readonly name: string
  readonly key: KeyObject
  readonly pathLength: number
  /** The one extended key usage of what it issues; null for the root, which has none. */
  readonly purpose: string | null
  readonly now: Date
  readonly years: number
  /** Of what it issues. */
  readonly publication: Publication | null
}

function yearsLater(date: Date, years: number): Date {
  const later = new Date(date)
  later.setUTCFullYear(date.getUTCFullYear() + years)
  return later
}

/** Issues a CA certificate; without `issuer` it signs itself [RFC 5280 4.2.1.1: no AKI then]. */
function issueAuthority(request: AuthorityRequest, issuer?: Authority): Authority {
  const { name, key, pathLength, purpose, now } = request
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const keyIdentifier = keyIdentifierOf(parseDer(spki))
  const subject = commonName(name)
  const algorithm = issuer?.algorithm ?? signatureAlgorithmFor(key)
  const end = yearsLater(now, request.years)
  const notAfter = wholeSeconds(issuer !== undefined && issuer.notAfter < end ? issuer.notAfter : end)
  const tbs = encodeTbs({
    serialNumber: Buffer.from(newSerialNumber(), 'hex'),
    algorithm,
    issuer: issuer?.subject ?? subject,
    notBefore: wholeSeconds(new Date(now.getTime() - HOUR)), // clients' clocks differ
    notAfter,
    subject,
    spki,
    extensions: [
      authorityBasicConstraints(pathLength),
      AUTHORITY_KEY_USAGE,
      ...(purpose === null ? [] : [extendedKeyUsage(purpose)]),
      subjectKeyIdentifier(keyIdentifier),
      ...(issuer === undefined ? [] : [issuer.authorityKeyIdentifier, ...publicationExtensions(issuer.publication)]),
    ],
  })
  lint(tbs, {
    profile: 'authority',
    issuer: issuer ?? { subject, keyIdentifier: null, notAfter, publication: null },
    algorithm,
    spki,
    commonName: name,
    purpose,
    names: null,
  })
  const der = signTbs(tbs, algorithm, issuer?.key ?? key)
  return createAuthority(encodePem('CERTIFICATE', der), key, request.publication)
}

const newKey = (namedCurve: 'P-256' | 'P-384'): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey

const ISSUERS = {
  users: { name: 'Hermes Users CA', purpose: OID.clientAuth },
  servers: { name: 'Hermes Servers CA', purpose: OID.serverAuth },
} as const

function issueIntermediate(
  root: Authority,
  { kind, generation, now }: SuccessionRequest,
  publication: Publication | null,
): Authority {
  const { name, purpose } = ISSUERS[kind]
  const numbered = generation === 1 ? name : `${name} ${generation}`
  const request = { name: numbered, key: newKey('P-256'), pathLength: 0, purpose, now, years: 5 }
  return issueAuthority({ ...request, publication }, root)
}

/** Makes a root CA and the two issuing CAs, each with a fresh key (pki.md "Hierarchy"). */
export function createHierarchy({ now, pkiUrl = null }: HierarchyRequest): Hierarchy {
  const publication = (name: 'root' | IssuerKind) => (pkiUrl === null ? null : publicationOf(pkiUrl, name))
  const root = issueAuthority({
    name: 'Hermes Root CA',
    key: newKey('P-384'),
    pathLength: 1,
    purpose: null,
    now,
    years: 10,
    publication: publication('root'),
  })
  const first = { generation: 1, now }
  return {
    root,
    users: issueIntermediate(root, { ...first, kind: 'users' }, publication('users')),
    servers: issueIntermediate(root, { ...first, kind: 'servers' }, publication('servers')),
  }
}

/**
 * Makes the next generation of an issuing CA, with a fresh key. It ends with the root at the latest, and says of the
 * root's CRL what `root.publication` does.
 */
export function createSuccessor(root: Authority, request: SuccessionRequest): Authority {
  return issueIntermediate(root, request, null)
}
