/** What an issuing CA issues certificates for. */
export type IssuerKind = 'users' | 'servers'
/** An issuing CA: its first generation has the name of its kind, those that follow are numbered from 2 on. */
export type IssuerName = IssuerKind | `${IssuerKind}-${number}`
/** The authorities by their names in URLs. */
export type AuthorityName = 'root' | IssuerName

/** Where that is found which a relying party wants of an authority; stands in every certificate that it issues. */
export interface Publication {
  readonly crl: string
  /** Null where nobody can answer: the root's key is away. */
  readonly ocsp: string | null
  /** Its certificate, DER. */
  readonly issuer: string
}

/** What is served for an authority under `pkiUrl`, an http or https URL. */
export function publicationOf(pkiUrl: string, name: AuthorityName): Publication {
  // Only ASCII fits an IA5String [RFC 5280 7.4]: URL writes everything else in it.
  const base = new URL(pkiUrl).href.replace(/\/+$/, '')
  return {
    crl: `${base}/crl/${name}`,
    ocsp: name === 'root' ? null : `${base}/ocsp`,
    issuer: `${base}/ca/${name}`,
  }
}
