import type { TbsCertificate } from './certificate.js'
import { type DerNode, parseDer } from './der.js'
import { readOid, readSequence } from './der-values.js'
import { NAME_TAG } from './general-names.js'
import type { Check } from './lint-check.js'
import { find } from './lint-extensions.js'
import { OID } from './oids.js'

const LOCATION = /^https?:\/\/[\x21-\x7e]+$/

function readUri(name: DerNode | undefined): string {
  const uri = Buffer.from(name?.content ?? []).toString('latin1')
  if (name?.tag !== NAME_TAG.uri || !LOCATION.test(uri)) throw new Error('it is no http or https URI in ASCII')
  return uri
}

/** [RFC 5280 4.2.1.13] the one URI; null where there is none. */
function crlUri(tbs: TbsCertificate): string | null {
  const extension = find(tbs, OID.crlDistributionPoints)
  if (extension === undefined) return null
  const [point] = readSequence(parseDer(extension.value), 'the distribution points', 1, 1)
  const [{ tag, children } = { tag: 0, children: [] }] = readSequence(point, 'the distribution point', 1, 1)
  const [fullName] = children
  if (tag !== 0xa0 || fullName?.tag !== 0xa0 || fullName.children.length !== 1) throw new Error('it is no full name')
  return readUri(fullName.children[0])
}

/** [RFC 5280 4.2.2.1] method and location of each description. */
function accessUris(tbs: TbsCertificate): readonly string[] {
  const extension = find(tbs, OID.authorityInfoAccess)
  if (extension === undefined) return []
  return readSequence(parseDer(extension.value), 'the descriptions', 1).map((description) => {
    const [method, location] = readSequence(description, 'a description', 2, 2)
    return `${readOid(method, 'the method')} ${readUri(location)}`
  })
}

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
      return accessUris(tbs).join() === [...ocsp, ...issuer].join()
    },
  },
  {
    name: 'authority_information_is_not_critical',
    clause: 'RFC 5280 4.2.2.1',
    passes: (tbs) => find(tbs, OID.authorityInfoAccess)?.critical !== true,
  },
]
