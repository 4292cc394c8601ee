import { CertificateRevocationList } from 'pkijs'
import t from 'tap'
import { type CrlTemplate, crlNumber, encodeTbsCrl, isCrlOf, parseCrl } from '../../src/pki/crl.js'
import { checkCrlEntry, ENTRY_CHECKS, encodeCrlEntry, type Revocation } from '../../src/pki/crl-entry.js'
import { encodeDer, enumerated, integer, octetString, sequence, time } from '../../src/pki/der-encode.js'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { issueCrl } from '../../src/pki/issue-crl.js'
import { CRL_CHECKS, lintCrl } from '../../src/pki/lint-crl.js'
import { OID } from '../../src/pki/oids.js'
import { extension } from '../../src/pki/profile.js'
import { createWorkbench } from './openssl.js'

const now = new Date('2027-01-02T03:04:05Z')
const { root, users } = createHierarchy({ now })
const revocation: Revocation = { serialNumber: '7f'.repeat(18), revokedAt: now, reason: 'keyCompromise' }
const template: CrlTemplate = {
  number: 1_798_858_000,
  thisUpdate: now,
  nextUpdate: new Date(now.getTime() + 86_400_000),
  entries: [encodeCrlEntry(revocation)],
}
const expected = { ...template, issuer: users, entries: 1 }

/** The elements of a good TBSCertList with some in place of others; null leaves one out. */
function tbs(changes: Readonly<Record<number, Uint8Array | null>> = {}): Uint8Array {
  const elements = [
    integer(1),
    users.algorithm.der,
    users.subject,
    time(template.thisUpdate),
    time(template.nextUpdate),
    sequence(...template.entries),
    extensions(aki, number),
  ]
  return sequence(...elements.map((bytes, i) => (i in changes ? changes[i] : bytes)).filter((bytes) => bytes != null))
}

const aki = users.authorityKeyIdentifier
const number = extension(OID.crlNumber, false, integer(template.number))
const extensions = (...list: readonly Uint8Array[]) => encodeDer(0xa0, sequence(...list))
const generalized = encodeDer(0x18, Buffer.from('20270102030405Z'))

/** For each check what it stops. */
const BROKEN: Readonly<Record<string, Uint8Array>> = {
  crl_version_is_2: tbs({ 0: integer(0) }),
  crl_signature_algorithm_is_the_signers: tbs({ 1: root.algorithm.der }),
  crl_issuer_is_the_authority_byte_for_byte: tbs({ 2: root.subject }),
  crl_has_next_update: tbs({ 4: null }),
  crl_updates_are_in_order: tbs({ 4: time(template.thisUpdate) }),
  crl_updates_have_the_right_time_type: tbs({ 3: generalized }),
  crl_entries_are_omitted_when_there_are_none: tbs({ 5: sequence() }),
  crl_extensions_are_of_the_profile: tbs({ 6: extensions(aki, number, extension('2.5.29.27', true, integer(1))) }),
  crl_extensions_are_not_critical: tbs({
    6: extensions(aki, extension(OID.crlNumber, true, integer(template.number))),
  }),
  crl_authority_key_identifier_is_the_issuers: tbs({ 6: extensions(root.authorityKeyIdentifier, number) }),
  crl_number_is_the_next: tbs({ 6: extensions(aki, extension(OID.crlNumber, false, integer(1))) }),
}

t.test('a CRL passes every check before it is signed, and each check stops one', async (t) => {
  lintCrl(tbs(), expected)
  t.same(encodeTbsCrl(users, template), tbs(), 'the encoder makes the same')
  t.same(
    Object.keys(BROKEN),
    CRL_CHECKS.map(({ name }) => name),
  )
  for (const [name, broken] of Object.entries(BROKEN))
    t.throws(() => lintCrl(broken, expected), { message: new RegExp(`\\b${name} \\[`) }, name)
  t.throws(() => lintCrl(tbs({ 5: null }), expected), /crl_entries_are_omitted/, 'entries are missing')
  t.throws(() => lintCrl(Buffer.concat([tbs(), Buffer.of(0)]), expected), /well_formed_der/)
  t.throws(() => lintCrl(tbs({ 0: Buffer.of(2, 2, 0, 1) }), expected), /well_formed_der/)
})

const reason = (code: number, critical = false) => sequence(extension(OID.crlReason, critical, enumerated(code)))
const serial = encodeDer(0x02, Buffer.from(revocation.serialNumber, 'hex'))

const BROKEN_ENTRIES: Readonly<Record<string, Uint8Array>> = {
  entry_serial_is_positive: sequence(encodeDer(0x02, Buffer.of(0x80)), time(now), reason(1)),
  entry_serial_is_the_one_revoked: sequence(integer(1), time(now), reason(1)),
  revocation_date_has_the_right_time_type: sequence(serial, generalized, reason(1)),
  revocation_date_is_the_true_one: sequence(serial, time(new Date(now.getTime() + 1000)), reason(1)),
  reason_is_the_one_extension_and_never_unspecified: sequence(serial, time(now), reason(0)),
}

t.test('an entry passes every check, and each check stops one', async (t) => {
  t.same(encodeCrlEntry(revocation), sequence(serial, time(now), reason(1)))
  t.same(encodeCrlEntry({ ...revocation, reason: null }), sequence(serial, time(now)))
  t.same(encodeCrlEntry({ ...revocation, reason: 'unspecified' }), sequence(serial, time(now)), 'never 0')
  t.same(
    Object.keys(BROKEN_ENTRIES),
    ENTRY_CHECKS.map(({ name }) => name),
  )
  for (const [name, broken] of Object.entries(BROKEN_ENTRIES))
    t.throws(() => checkCrlEntry(broken, revocation), { message: new RegExp(`\\b${name} \\[`) }, name)
  for (const wrong of [reason(1, true), reason(4), sequence(extension('2.5.29.24', false, octetString(reason(1))))])
    t.throws(() => checkCrlEntry(sequence(serial, time(now), wrong), revocation), /reason_is_the_one/)
  t.throws(() => checkCrlEntry(sequence(serial, time(now), reason(1)), { ...revocation, reason: null }), /reason_is/)
  t.throws(() => encodeCrlEntry({ ...revocation, serialNumber: '00' }), /entry_serial_is_positive/)
})

t.test('pkijs and OpenSSL read what is issued', async (t) => {
  const reasons = ['keyCompromise', 'superseded', 'cessationOfOperation', 'privilegeWithdrawn', 'unspecified']
  const entries = reasons.map((reason, i) =>
    encodeCrlEntry({ serialNumber: `0${i + 1}`.repeat(18), revokedAt: new Date(now.getTime() - i * 1000), reason }),
  )
  const der = await issueCrl(users, { ...template, entries })
  const crl = CertificateRevocationList.fromBER(Uint8Array.from(der))
  t.equal(crl.version, 1)
  t.same(crl.thisUpdate.value, template.thisUpdate)
  t.same(crl.nextUpdate?.value, template.nextUpdate)
  t.same(
    crl.revokedCertificates?.map(({ revocationDate }) => revocationDate.value.getTime() - now.getTime()),
    [0, -1000, -2000, -3000, -4000],
  )
  t.same(
    crl.crlExtensions?.extensions.map(({ extnID, critical }) => [extnID, critical]),
    [
      [OID.authorityKeyIdentifier, false],
      [OID.crlNumber, false],
    ],
  )

  const bench = createWorkbench(t)
  bench.write('crl.der', der)
  bench.write('users.pem', users.certificatePem)
  bench.write('root.pem', root.certificatePem)
  const read = (args: string) => bench.openssl(`crl -inform DER -in crl.der -noout ${args}`)
  const text = read('-text')
  t.match(text, /Version 2/)
  t.match(text, /X509v3 CRL Number: \n\s+1798858000\n|X509v3 CRL Number: \n\s+0x6B38/i)
  for (const name of ['Key Compromise', 'Superseded', 'Cessation Of Operation', 'Privilege Withdrawn'])
    t.equal(text.split(name).length, 2, name)
  t.notMatch(text, /Unspecified/)
  t.ok(bench.succeeds('crl -inform DER -in crl.der -noout -verify -CAfile users.pem'))

  const empty = await issueCrl(root, { ...template, entries: [] })
  t.equal(CertificateRevocationList.fromBER(Uint8Array.from(empty)).revokedCertificates, undefined)
})

t.test('whose a CRL is shows by its name and its signature', async (t) => {
  const der = await issueCrl(users, template)
  const parsed = parseCrl(der)
  t.ok(isCrlOf(parsed, users))
  t.notOk(isCrlOf(parsed, root))
  t.equal(crlNumber(parsed.tbs), BigInt(template.number))
  t.same(Buffer.from(parsed.tbs.entries ?? []), template.entries[0])
  const other = createHierarchy({ now }).users
  t.notOk(isCrlOf(parseCrl(await issueCrl(other, template)), users), 'the same name, another key')
  const tampered = Buffer.from(der)
  const at = tampered.indexOf(Buffer.from(revocation.serialNumber, 'hex'))
  tampered[at] = 0x11
  t.notOk(isCrlOf(parseCrl(tampered), users))
  t.throws(() => parseCrl(Buffer.concat([der, Buffer.of(0)])), { name: 'DerError' })
  t.throws(() => parseCrl(der.subarray(0, -1)), { name: 'DerError' })
})
