import type { Extension, TbsCertificate } from './certificate.js'
import { type DerNode, parseDer, TAG } from './der.js'
import { encodeDer } from './der-encode.js'
import { readInteger, readOctetString, readOid, readSequence } from './der-values.js'
import { NAME_TAG } from './general-names.js'
import { type Check, type Expected, equal } from './lint-check.js'
import { OID } from './oids.js'
import { AUTHORITY_KEY_USAGE_VALUE, keyIdentifierOf, LEAF_KEY_USAGE_VALUE } from './profile.js'

const KEY_IDENTIFIER_TAG = 0x80
const EMPTY_SEQUENCE = encodeDer(TAG.sequence)
const ABSENT = new Uint8Array()
const KNOWN: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.subjectAltName,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.crlDistributionPoints,
  OID.authorityInfoAccess,
])

/** A certificate or a CRL. */
type Extended = Pick<TbsCertificate, 'extensions'>

export function find({ extensions }: Extended, id: string): Extension | undefined {
  return extensions.find((extension) => extension.id === id)
}

/** Whether the extension is there, with this criticality, and its value passes. */
function has(tbs: Extended, id: string, critical: boolean, passes: (value: DerNode) => boolean): boolean {
  const extension = find(tbs, id)
  return extension !== undefined && extension.critical === critical && passes(parseDer(extension.value))
}

function purposes(tbs: TbsCertificate): readonly string[] {
  const extension = find(tbs, OID.extKeyUsage)
  if (extension === undefined) return []
  return readSequence(parseDer(extension.value), 'extKeyUsage', 1).map((purpose) => readOid(purpose, 'a purpose'))
}

function isAuthorityConstraint(value: DerNode, { issuer }: Expected): boolean {
  const [cA, pathLength] = readSequence(value, 'basicConstraints', 2, 2)
  const isRoot = issuer.keyIdentifier === null
  return (
    cA?.tag === TAG.boolean &&
    cA.content[0] === 0xff &&
    readInteger(pathLength, 'pathLenConstraint') === (isRoot ? 1n : 0n)
  )
}

/** Whether the AuthorityKeyIdentifier holds this key identifier and nothing else. */
export function hasAuthorityKeyIdentifier(tbs: Extended, identifier: Uint8Array): boolean {
  return has(tbs, OID.authorityKeyIdentifier, false, (value) => {
    const [keyIdentifier, ...others] = value.children
    return keyIdentifier?.tag === KEY_IDENTIFIER_TAG && others.length === 0 && equal(keyIdentifier.content, identifier)
  })
}

/** The tags of the alternative names, empty where there are none. */
function nameTags(tbs: TbsCertificate): readonly number[] {
  const extension = find(tbs, OID.subjectAltName)
  return extension === undefined ? [] : parseDer(extension.value).children.map(({ tag }) => tag)
}

const NAMES_OF_PROFILE: Readonly<Record<Expected['profile'], (tags: readonly number[]) => boolean>> = {
  user: (tags) => tags.length === 1 && tags[0] === NAME_TAG.uri,
  server: (tags) => tags.length > 0 && tags.every((tag) => tag === NAME_TAG.dns || tag === NAME_TAG.ip),
  authority: (tags) => tags.length === 0,
}

/** Checks of the extensions. */
export const EXTENSION_CHECKS: readonly Check[] = [
  {
    name: 'extensions_are_not_repeated',
    clause: 'RFC 5280 4.2',
    passes: ({ extensions }) => new Set(extensions.map(({ id }) => id)).size === extensions.length,
  },
  {
    name: 'extensions_are_of_the_profile',
    clause: 'pki.md',
    passes: ({ extensions }) => extensions.every(({ id }) => KNOWN.has(id)),
  },
  {
    name: 'authority_key_identifier_is_the_issuers',
    clause: 'RFC 5280 4.2.1.1',
    passes: (tbs, { issuer }) =>
      issuer.keyIdentifier === null
        ? find(tbs, OID.authorityKeyIdentifier) === undefined
        : hasAuthorityKeyIdentifier(tbs, issuer.keyIdentifier),
  },
  {
    name: 'subject_key_identifier_is_of_the_key',
    clause: 'RFC 5280 4.2.1.2, RFC 7093 2',
    passes: (tbs) =>
      has(tbs, OID.subjectKeyIdentifier, false, (value) =>
        equal(readOctetString(value, 'SKI'), keyIdentifierOf(tbs.spki)),
      ),
  },
  {
    name: 'key_usage_is_critical',
    clause: 'RFC 5280 4.2.1.3',
    passes: (tbs) => has(tbs, OID.keyUsage, true, () => true),
  },
  {
    name: 'leaf_key_usage_is_digital_signature',
    clause: 'RFC 5280 4.2.1.3, RFC 8813 3',
    passes: (tbs, { profile }) =>
      profile === 'authority' || equal(find(tbs, OID.keyUsage)?.value ?? ABSENT, LEAF_KEY_USAGE_VALUE),
  },
  {
    name: 'authority_key_usage_is_to_sign_certificates_and_crls',
    clause: 'RFC 5280 4.2.1.3',
    passes: (tbs, { profile }) =>
      profile !== 'authority' || equal(find(tbs, OID.keyUsage)?.value ?? ABSENT, AUTHORITY_KEY_USAGE_VALUE),
  },
  {
    name: 'basic_constraints_are_critical',
    clause: 'RFC 5280 4.2.1.9',
    passes: (tbs) => has(tbs, OID.basicConstraints, true, () => true),
  },
  {
    name: 'leaf_is_no_authority',
    clause: 'RFC 5280 4.2.1.9',
    passes: (tbs, { profile }) =>
      profile === 'authority' || equal(find(tbs, OID.basicConstraints)?.value ?? ABSENT, EMPTY_SEQUENCE),
  },
  {
    name: 'authority_has_its_path_length',
    clause: 'RFC 5280 4.2.1.9',
    passes: (tbs, expected) =>
      expected.profile !== 'authority' ||
      has(tbs, OID.basicConstraints, true, (value) => isAuthorityConstraint(value, expected)),
  },
  {
    name: 'extended_key_usage_is_the_one_purpose',
    clause: 'RFC 5280 4.2.1.12',
    passes: (tbs, { purpose }) => purposes(tbs).join() === (purpose ?? ''),
  },
  {
    name: 'extended_key_usage_is_not_any',
    clause: 'RFC 5280 4.2.1.12',
    passes: (tbs) => !purposes(tbs).includes(OID.anyExtendedKeyUsage),
  },
  {
    name: 'extended_key_usage_is_not_critical',
    clause: 'RFC 5280 4.2.1.12',
    passes: (tbs) => find(tbs, OID.extKeyUsage)?.critical !== true,
  },
  {
    name: 'alternative_name_is_not_critical',
    clause: 'RFC 5280 4.2.1.6',
    passes: (tbs) => find(tbs, OID.subjectAltName)?.critical !== true,
  },
  {
    name: 'alternative_names_are_of_the_profile',
    clause: 'RFC 5280 4.2.1.6, RFC 7565',
    passes: (tbs, { profile }) => NAMES_OF_PROFILE[profile](nameTags(tbs)),
  },
  {
    name: 'alternative_names_are_those_asked_for',
    clause: 'pki.md',
    passes: (tbs, { names }) => {
      const value = find(tbs, OID.subjectAltName)?.value
      return names === null ? value === undefined : value !== undefined && equal(value, names)
    },
  },
]
