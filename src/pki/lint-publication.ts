import type { Check } from './lint-check.js'
import { find } from './lint-extensions.js'
import { OID } from './oids.js'
import { accessDescriptions, crlUri } from './read-publication.js'

/** Checks of the extensions that say where to learn of revocation. */
export const PUBLICATION_CHECKS: readonly Check[] = [
  {
    name: 'crl_distribution_point_is_the_issuers',
    clause: 'RFC 5280 4.2.1.13',
    passes: (tbs, { issuer }) => crlUri(tbs) === (issuer.publication?.crl ?? null),
  },
  {
    name: 'crl_distribution_point_is_not_critical',
    clause: 'RFC 5280 4.2.1.13',
    passes: (tbs) => find(tbs, OID.crlDistributionPoints)?.critical !== true,
  },
  {
    name: 'authority_information_is_the_issuers',
    clause: 'RFC 5280 4.2.2.1',
    passes: (tbs, { issuer: { publication } }) => {
      const ocsp = publication?.ocsp ? [`${OID.ocsp} ${publication.ocsp}`] : []
      const issuer = publication ? [`${OID.caIssuers} ${publication.issuer}`] : []
      const found = accessDescriptions(tbs).map(({ method, location }) => `${method} ${location}`)
      return found.join() === [...ocsp, ...issuer].join()
    },
  },
  {
    name: 'authority_information_is_not_critical',
    clause: 'RFC 5280 4.2.2.1',
    passes: (tbs) => find(tbs, OID.authorityInfoAccess)?.critical !== true,
  },
]
