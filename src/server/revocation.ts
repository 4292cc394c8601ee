import type { Config } from '../config.js'
import { HermesError } from '../errors.js'
import { CrlIssuer } from '../identity/revocation/crl-issuer.js'
import { createOcspResponder, type OcspResponder } from '../identity/revocation/ocsp-responder.js'
import { createStaple, type Staple } from '../identity/revocation/staple.js'
import { parseCertificate } from '../pki/certificate.js'
import { fingerprintOf } from '../pki/fingerprint.js'
import { decodePem, splitPem } from '../pki/pem.js'
import type { IssuerName, NewServerCertificate, RevocationStore } from '../store/revocation-store.js'
import type { Store } from '../store/store.js'
import type { AuthoritySet, LiveAuthorities } from './certificates/authority-set.js'
import { issuerOfPair, type ServerPair } from './certificates/server-pair.js'
import type { CrlSource, CrlSources } from './identity/routes/crl.js'

export interface Revocation {
  readonly crls: CrlSources
  readonly ocsp: OcspResponder
  readonly staple: Staple
}

export interface RevocationOptions {
  readonly config: Config
  readonly store: Store
  readonly authorities: LiveAuthorities
  readonly now: () => Date
}

const rootCrlOf = (authorities: LiveAuthorities): CrlSource => ({
  async current() {
    const { rootCrl } = authorities.current
    if (rootCrl !== null) return rootCrl
    throw new HermesError('not_found', 'There is no CRL of the root: it is made with its key, which was away')
  },
})

/** What tells relying parties of revocation: CRLs, OCSP and its staple. */
export function createRevocation({ config, store, authorities, now }: RevocationOptions): Revocation {
  const { revocations } = store
  const issuers = () => authorities.current.signers
  const root = rootCrlOf(authorities)
  const made = new Map<IssuerName, CrlIssuer>()
  const crlOf = (name: IssuerName): CrlIssuer | null => {
    const authority = issuers().get(name)
    if (authority === undefined) return null
    const common = { store: revocations, hours: config.crlHours, now }
    const crl = made.get(name) ?? new CrlIssuer({ ...common, issuer: name, authority })
    made.set(name, crl)
    return crl
  }
  const ocsp = createOcspResponder({ issuers, store: revocations, policy: config, now })
  const crls: CrlSources = (name) => (name === 'root' ? root : crlOf(name))
  return { crls, ocsp, staple: createStaple(issuers, ocsp, now) }
}

/** Makes a certificate of the server's own known to OCSP; to be called before it is shown to anybody. */
export async function recordServerPair(
  store: RevocationStore,
  pair: ServerPair,
  authorities: AuthoritySet,
): Promise<void> {
  await store.recordServerCertificate(describePair(pair, authorities))
}

/** Whether the database knows the certificate of a pair as revoked. */
export async function isRevokedPair(
  store: Pick<RevocationStore, 'findStatus'>,
  pair: ServerPair,
  authorities: AuthoritySet,
  now: Date,
): Promise<boolean> {
  const { issuer, serialNumber } = describePair(pair, authorities)
  return (await store.findStatus(issuer, serialNumber, now))?.revocation != null
}

export function describePair(pair: ServerPair, { generations }: AuthoritySet): NewServerCertificate {
  const [leaf = ''] = splitPem(pair.certificatePem)
  const der = decodePem(leaf, ['CERTIFICATE'])
  const { serialNumber, notBefore, notAfter } = parseCertificate(der).tbs
  const issuer = issuerOfPair(pair, generations)
  if (issuer === null) throw new HermesError('internal', "No servers' CA issued the certificate of the server")
  return {
    issuer,
    serialNumber: Buffer.from(serialNumber).toString('hex'),
    fingerprint: fingerprintOf(der),
    notBefore,
    notAfter,
  }
}
