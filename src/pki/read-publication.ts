import { extensionValue } from './authority.js'
import type { TbsCertificate } from './certificate.js'
import { type DerNode, parseDer } from './der.js'
import { readOid, readSequence } from './der-values.js'
import { NAME_TAG } from './general-names.js'
import { OID } from './oids.js'
import type { Publication } from './publication.js'

const LOCATION = /^https?:\/\/[\x21-\x7e]+$/

function readUri(name: DerNode | undefined): string {
  const uri = Buffer.from(name?.content ?? []).toString('latin1')
  if (name?.tag !== NAME_TAG.uri || !LOCATION.test(uri)) throw new Error('it is no http or https URI in ASCII')
  return uri
}

/** [RFC 5280 4.2.1.13] the one URI; null where there is none. */
export function crlUri(tbs: TbsCertificate): string | null {
  const value = extensionValue(tbs, OID.crlDistributionPoints)
  if (value === undefined) return null
  const [point] = readSequence(parseDer(value), 'the distribution points', 1, 1)
  const [{ tag, children } = { tag: 0, children: [] }] = readSequence(point, 'the distribution point', 1, 1)
  const [fullName] = children
  if (tag !== 0xa0 || fullName?.tag !== 0xa0 || fullName.children.length !== 1) throw new Error('it is no full name')
  return readUri(fullName.children[0])
}

interface Access {
  /** In dotted form. */
  readonly method: string
  readonly location: string
}

/** [RFC 5280 4.2.2.1] each description. */
export function accessDescriptions(tbs: TbsCertificate): readonly Access[] {
  const value = extensionValue(tbs, OID.authorityInfoAccess)
  if (value === undefined) return []
  return readSequence(parseDer(value), 'the descriptions', 1).map((description) => {
    const [method, location] = readSequence(description, 'a description', 2, 2)
    return { method: readOid(method, 'the method'), location: readUri(location) }
  })
}

/** Where a certificate says that its issuer is published; null where it does not say all of it. */
export function readPublication(tbs: TbsCertificate): Publication | null {
  const crl = crlUri(tbs)
  const access = accessDescriptions(tbs)
  const locationOf = (id: string) => access.find(({ method }) => method === id)?.location ?? null
  const issuer = locationOf(OID.caIssuers)
  return crl === null || issuer === null ? null : { crl, ocsp: locationOf(OID.ocsp), issuer }
}
