import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { encodeTbs } from '../../src/pki/certificate.js'
import { parseDer } from '../../src/pki/der.js'
import { encodeDer, integer, octetString, oid, sequence, set } from '../../src/pki/der-encode.js'
import { accountName, hostNames } from '../../src/pki/general-names.js'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { newSerialNumber } from '../../src/pki/issue.js'
import { CHECKS, lint } from '../../src/pki/lint.js'
import type { Expected } from '../../src/pki/lint-check.js'
import { OID } from '../../src/pki/oids.js'
import * as profile from '../../src/pki/profile.js'
import { publicationOf } from '../../src/pki/publication.js'

const now = new Date('2026-11-22T00:00:00Z')
const { root, users } = createHierarchy({ now })
const newSpki = () =>
  createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey).export({ format: 'der', type: 'spki' })
const spki = newSpki()
const names = accountName('alice', 'example.org')
const TRUE = encodeDer(0x01, Uint8Array.of(0xff))
const extension = (id: string, critical: boolean, value: Uint8Array) =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octetString(value))

const user: Expected = {
  profile: 'user',
  issuer: users,
  algorithm: users.algorithm,
  spki,
  commonName: 'alice',
  purpose: OID.clientAuth,
  names,
}
const authority: Expected = {
  ...user,
  profile: 'authority',
  issuer: root,
  algorithm: root.algorithm,
  commonName: 'CA',
  names: null,
}

const leafExtensions = {
  basicConstraints: profile.LEAF_BASIC_CONSTRAINTS as Uint8Array,
  keyUsage: profile.LEAF_KEY_USAGE as Uint8Array,
  extKeyUsage: profile.extendedKeyUsage(OID.clientAuth) as Uint8Array,
  subjectAltName: profile.subjectAltName(names) as Uint8Array,
  subjectKeyIdentifier: profile.subjectKeyIdentifier(profile.keyIdentifierOf(parseDer(spki))) as Uint8Array,
  authorityKeyIdentifier: users.authorityKeyIdentifier,
}
const template = {
  serialNumber: Buffer.from(newSerialNumber(), 'hex') as Uint8Array,
  algorithm: users.algorithm,
  issuer: users.subject,
  notBefore: now,
  notAfter: new Date('2027-02-20T00:00:00Z'),
  subject: profile.commonName('alice') as Uint8Array,
  spki: spki as Uint8Array,
}

type Extensions = Partial<Record<keyof typeof leafExtensions, Uint8Array | null>>

/** A certificate of the user profile, but for what is given. */
function broken(
  fields: Partial<typeof template>,
  extensions: Extensions = {},
  ...more: readonly Uint8Array[]
): Uint8Array {
  const all = Object.values({ ...leafExtensions, ...extensions }).filter(
    (value) => value !== null && value !== undefined,
  )
  return encodeTbs({ ...template, ...fields, extensions: [...all, ...more] })
}

function brokenAuthority(fields: Partial<typeof template>, extensions: Extensions = {}): Uint8Array {
  const usual = {
    basicConstraints: profile.authorityBasicConstraints(0),
    keyUsage: profile.AUTHORITY_KEY_USAGE,
    subjectAltName: null,
    authorityKeyIdentifier: root.authorityKeyIdentifier,
  }
  const right = { algorithm: root.algorithm, issuer: root.subject, subject: profile.commonName('CA') }
  return broken({ ...right, ...fields }, { ...usual, ...extensions })
}

/** The elements of a to-be-signed certificate with one replaced, and others behind. */
function rebuilt(index: number, element: Uint8Array | null, ...behind: readonly Uint8Array[]): Uint8Array {
  const elements = parseDer(broken({})).children.map(({ bytes }, i) => (i === index ? element : bytes))
  return sequence(...elements.filter((bytes) => bytes !== null), ...behind)
}

const cn = (value: Uint8Array) => sequence(set(sequence(oid(OID.commonName), value)))
const validity = (...times: readonly [number, string][]) =>
  sequence(...times.map(([tag, text]) => encodeDer(tag, Buffer.from(text))))

const [here, elsewhere] = ['http://pki.example.org', 'http://pki.example.net'].map((url) => {
  const [crl = Buffer.of(), access = Buffer.of()] = profile.publicationExtensions(publicationOf(url, 'users'))
  return [crl, access] as const
}) as [readonly [Buffer, Buffer], readonly [Buffer, Buffer]]
const published: Expected = {
  ...user,
  issuer: { ...users, publication: publicationOf('http://pki.example.org', 'users') },
}
const critical = (der: Uint8Array) => {
  const [id, value] = parseDer(der).children
  return sequence(id?.bytes ?? Buffer.of(), TRUE, value?.bytes ?? Buffer.of())
}

/** For each check a certificate that breaks it; others may break too. */
const BROKEN: Readonly<Record<string, readonly [tbs: Uint8Array, expected: Expected]>> = {
  version_is_3: [rebuilt(0, encodeDer(0xa0, integer(1))), user],
  serial_is_positive: [rebuilt(1, encodeDer(0x02, Buffer.alloc(18, 0x81))), user],
  serial_is_not_zero: [broken({ serialNumber: Buffer.of(0) }), user],
  serial_has_at_most_20_octets: [broken({ serialNumber: Buffer.alloc(21, 1) }), user],
  serial_has_18_octets_from_01_to_7f: [broken({ serialNumber: Buffer.alloc(17, 1) }), user],
  signature_algorithm_is_the_signers: [broken({ algorithm: root.algorithm }), user],
  issuer_is_the_authority_byte_for_byte: [
    broken({ issuer: cn(encodeDer(0x13, Buffer.from('Hermes Users CA'))) }),
    user,
  ],
  validity_is_in_order: [broken({ notAfter: now }), user],
  validity_ends_with_the_issuers: [broken({ notAfter: new Date(users.notAfter.getTime() + 1000) }), user],
  not_before_has_the_right_time_type: [rebuilt(4, validity([0x18, '20261122000000Z'], [0x17, '270220000000Z'])), user],
  not_after_has_the_right_time_type: [rebuilt(4, validity([0x17, '261122000000Z'], [0x18, '20270220000000Z'])), user],
  subject_is_one_common_name: [broken({ subject: sequence() }), user],
  common_name_is_utf8string: [broken({ subject: cn(encodeDer(0x13, Buffer.from('alice'))) }), user],
  common_name_has_1_to_64_characters: [broken({ subject: profile.commonName('a'.repeat(65)) }), user],
  common_name_is_the_one_asked_for: [broken({ subject: profile.commonName('bob') }), user],
  public_key_is_the_one_asked_for: [broken({ spki: newSpki() }), user],
  no_unique_identifiers: [rebuilt(-1, null, encodeDer(0x81, Buffer.of(0, 1))), user],
  extensions_are_not_repeated: [broken({}, {}, leafExtensions.keyUsage), user],
  extensions_are_of_the_profile: [broken({}, {}, extension('2.5.29.54', true, integer(0))), user],
  authority_key_identifier_is_the_issuers: [broken({}, { authorityKeyIdentifier: root.authorityKeyIdentifier }), user],
  subject_key_identifier_is_of_the_key: [broken({}, { subjectKeyIdentifier: null }), user],
  key_usage_is_critical: [broken({}, { keyUsage: extension(OID.keyUsage, false, profile.LEAF_KEY_USAGE_VALUE) }), user],
  leaf_key_usage_is_digital_signature: [broken({}, { keyUsage: profile.AUTHORITY_KEY_USAGE }), user],
  authority_key_usage_is_to_sign_certificates_and_crls: [
    brokenAuthority({}, { keyUsage: profile.LEAF_KEY_USAGE }),
    authority,
  ],
  basic_constraints_are_critical: [
    brokenAuthority({}, { basicConstraints: extension(OID.basicConstraints, false, sequence(TRUE, integer(0))) }),
    authority,
  ],
  leaf_is_no_authority: [broken({}, { basicConstraints: profile.authorityBasicConstraints(0) }), user],
  authority_has_its_path_length: [
    brokenAuthority({}, { basicConstraints: profile.authorityBasicConstraints(1) }),
    authority,
  ],
  extended_key_usage_is_the_one_purpose: [broken({}, { extKeyUsage: profile.extendedKeyUsage(OID.serverAuth) }), user],
  extended_key_usage_is_not_any: [broken({}, { extKeyUsage: profile.extendedKeyUsage(OID.anyExtendedKeyUsage) }), user],
  extended_key_usage_is_not_critical: [
    broken({}, { extKeyUsage: extension(OID.extKeyUsage, true, sequence(oid(OID.clientAuth))) }),
    user,
  ],
  alternative_name_is_not_critical: [broken({}, { subjectAltName: extension(OID.subjectAltName, true, names) }), user],
  alternative_names_are_of_the_profile: [
    broken({}, { subjectAltName: profile.subjectAltName(hostNames(['localhost'])) }),
    user,
  ],
  alternative_names_are_those_asked_for: [
    broken({}, { subjectAltName: profile.subjectAltName(accountName('bob', 'example.org')) }),
    user,
  ],
  crl_distribution_point_is_the_issuers: [broken({}, {}, elsewhere[0], here[1]), published],
  crl_distribution_point_is_not_critical: [broken({}, {}, critical(here[0]), here[1]), published],
  authority_information_is_the_issuers: [broken({}, {}, here[0], elsewhere[1]), published],
  authority_information_is_not_critical: [broken({}, {}, here[0], critical(here[1])), published],
}

t.test('what is right passes every check', async (t) => {
  lint(broken({}), user)
  lint(brokenAuthority({}), authority)
  lint(broken({}, {}, ...here), published)
  const selfSigned = {
    ...authority,
    issuer: { subject: profile.commonName('CA'), keyIdentifier: null, notAfter: root.notAfter, publication: null },
  }
  const rootLike = { basicConstraints: profile.authorityBasicConstraints(1), authorityKeyIdentifier: null }
  lint(brokenAuthority({ issuer: profile.commonName('CA') }, rootLike), selfSigned)
  t.ok(CHECKS.length >= 20, `${CHECKS.length} checks`)
  t.equal(new Set(CHECKS.map(({ name }) => name)).size, CHECKS.length)
})

t.test('for each check there is a certificate that it stops', async (t) => {
  t.same(Object.keys(BROKEN).sort(), CHECKS.map(({ name }) => name).sort())
  for (const [name, [tbs, expected]] of Object.entries(BROKEN))
    t.throws(() => lint(tbs, expected), { message: new RegExp(`\\b${name} \\[`) }, name)
})

t.test('where the CRL is and who answers stand there exactly as the issuer publishes them', async (t) => {
  t.throws(() => lint(broken({}), published), /crl_distribution_point_is_the_issuers.*authority_information_is_the/)
  t.throws(() => lint(broken({}, {}, ...here), user), /crl_distribution_point_is_the_issuers/, 'nobody publishes')
  const relative = sequence(sequence(encodeDer(0xa0, encodeDer(0xa0, encodeDer(0x86, Buffer.from('/crl/users'))))))
  t.throws(
    () => lint(broken({}, {}, extension(OID.crlDistributionPoints, false, relative), here[1]), published),
    /crl_/,
  )
})

t.test('most checks stop a certificate alone', async (t) => {
  for (const name of [
    'serial_has_18_octets_from_01_to_7f',
    'validity_is_in_order',
    'no_unique_identifiers',
    'key_usage_is_critical',
  ]) {
    const [tbs, expected] = BROKEN[name] ?? []
    if (tbs === undefined || expected === undefined) throw new Error(name)
    t.throws(
      () => lint(tbs, expected),
      { message: new RegExp(`^the certificate fails the lint: ${name} \\[[^,]*$`) },
      name,
    )
  }
})

t.test('what is not DER is stopped', async (t) => {
  t.throws(() => lint(Buffer.concat([broken({}), Buffer.of(0)]), user), /well_formed_der/)
  t.throws(() => lint(rebuilt(1, encodeDer(0x02, Buffer.of(0, 1))), user), /well_formed_der/)
  const explicitFalse = sequence(
    oid(OID.extKeyUsage),
    encodeDer(0x01, Buffer.of(0)),
    octetString(sequence(oid(OID.clientAuth))),
  )
  t.throws(() => lint(broken({}, { extKeyUsage: explicitFalse }), user), /well_formed_der/)
})
