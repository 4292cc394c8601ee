import type { TbsCertificate } from './certificate.js'
import { TAG } from './der.js'
import { readOid, readSequence, readText } from './der-values.js'
import { type Check, equal, isTimeTagRight } from './lint-check.js'
import { OID } from './oids.js'

const SERIAL_OCTETS = 18
const COMMON_NAME_MAX = 64
const EXTENSIONS_TAG = 0xa3

/** The attributes of the subject; undefined when it is not one attribute in one RDN. */
function subjectAttribute({
  subject,
}: TbsCertificate): { type: string; tag: number | undefined; text: string | undefined } | undefined {
  const [rdn, ...others] = subject.children
  if (rdn === undefined || others.length > 0 || rdn.children.length !== 1) return undefined
  const [type, value] = readSequence(rdn.children[0], 'the attribute', 2, 2)
  return { type: readOid(type, 'the type'), tag: value?.tag, text: readText(value) }
}

/** Checks of the fields before the extensions. */
export const CERTIFICATE_CHECKS: readonly Check[] = [
  { name: 'version_is_3', clause: 'RFC 5280 4.1.2.1', passes: ({ version }) => version === 2n },
  { name: 'serial_is_positive', clause: 'RFC 5280 4.1.2.2', passes: ({ serialNumber: [first = 0] }) => first < 0x80 },
  {
    name: 'serial_is_not_zero',
    clause: 'RFC 5280 4.1.2.2',
    passes: ({ serialNumber }) => serialNumber.some((octet) => octet !== 0),
  },
  {
    name: 'serial_has_at_most_20_octets',
    clause: 'RFC 5280 4.1.2.2',
    passes: ({ serialNumber }) => serialNumber.length <= 20,
  },
  {
    name: 'serial_has_18_octets_from_01_to_7f',
    clause: 'CABF BR 7.1; pki.md',
    passes: ({ serialNumber }) => serialNumber.length === SERIAL_OCTETS && (serialNumber[0] ?? 0) >= 0x01,
  },
  {
    name: 'signature_algorithm_is_the_signers',
    clause: 'RFC 5280 4.1.1.2, 4.1.2.3',
    passes: ({ signature }, { algorithm }) => equal(signature.bytes, algorithm.der),
  },
  {
    name: 'issuer_is_the_authority_byte_for_byte',
    clause: 'RFC 5280 4.1.2.4',
    passes: (tbs, { issuer }) => equal(tbs.issuer.bytes, issuer.subject),
  },
  {
    name: 'validity_is_in_order',
    clause: 'RFC 5280 4.1.2.5',
    passes: ({ notBefore, notAfter }) => notBefore < notAfter,
  },
  {
    name: 'validity_ends_with_the_issuers',
    clause: 'pki.md',
    passes: ({ notAfter }, { issuer }) => notAfter <= issuer.notAfter,
  },
  {
    name: 'not_before_has_the_right_time_type',
    clause: 'RFC 5280 4.1.2.5',
    passes: ({ notBefore, timeTags }) => isTimeTagRight(notBefore, timeTags[0]),
  },
  {
    name: 'not_after_has_the_right_time_type',
    clause: 'RFC 5280 4.1.2.5',
    passes: ({ notAfter, timeTags }) => isTimeTagRight(notAfter, timeTags[1]),
  },
  {
    name: 'subject_is_one_common_name',
    clause: 'RFC 5280 4.1.2.6; pki.md',
    passes: (tbs) => subjectAttribute(tbs)?.type === OID.commonName,
  },
  {
    name: 'common_name_is_utf8string',
    clause: 'RFC 5280 4.1.2.4',
    passes: (tbs) => subjectAttribute(tbs)?.tag === TAG.utf8String,
  },
  {
    name: 'common_name_has_1_to_64_characters',
    clause: 'RFC 5280 A.1 ub-common-name',
    passes: (tbs) => {
      const { length } = subjectAttribute(tbs)?.text ?? ''
      return length >= 1 && length <= COMMON_NAME_MAX
    },
  },
  {
    name: 'common_name_is_the_one_asked_for',
    clause: 'pki.md',
    passes: (tbs, { commonName }) => subjectAttribute(tbs)?.text === commonName,
  },
  {
    name: 'public_key_is_the_one_asked_for',
    clause: 'RFC 5280 4.1.2.7',
    passes: (tbs, { spki }) => equal(tbs.spki.bytes, spki),
  },
  {
    name: 'no_unique_identifiers',
    clause: 'RFC 5280 4.1.2.8',
    passes: ({ trailingTags }) => trailingTags.length === 1 && trailingTags[0] === EXTENSIONS_TAG,
  },
]
