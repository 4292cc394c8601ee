import { type Extension, readExtension } from './certificate.js'
import { reasonCode, reasonName } from './crl-reason.js'
import { type DerNode, elementsOf, parseDer, TAG } from './der.js'
import { enumerated, octetString, oid, sequence, time, unsignedInteger } from './der-encode.js'
import { expectTag, readInteger, readSequence, readTime } from './der-values.js'
import { type Check, isTimeTagRight, requireChecks } from './lint-check.js'
import { OID } from './oids.js'

/** A certificate that is revoked. */
export interface Revocation {
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly revokedAt: Date
  /** Name of a CRLReason; null for none. */
  readonly reason: string | null
}

/** An element of revokedCertificates, taken apart. */
interface CrlEntry {
  readonly serialNumber: DerNode
  readonly revokedAt: Date
  readonly timeTag: number | undefined
  readonly extensions: readonly Extension[]
}

/** [RFC 5280 5.3.1] not critical. */
function reasonExtensions(code: number): Buffer {
  return sequence(sequence(oid(OID.crlReason), octetString(enumerated(code))))
}

function readEntry(node: DerNode): CrlEntry {
  const [serialNumber, date, extensions] = readSequence(node, 'the entry', 2, 3)
  return {
    serialNumber: expectTag(serialNumber, TAG.integer, 'the serial number'),
    revokedAt: readTime(date, 'the revocation date'),
    timeTag: date?.tag,
    extensions: extensions === undefined ? [] : readSequence(extensions, 'the extensions', 1).map(readExtension),
  }
}

/** Takes the entries of a CRL apart, one behind another (DER); null stands for none [RFC 5280 5.1.2.6]. */
export function readCrlEntries(entries: Uint8Array | null): readonly Revocation[] {
  return elementsOf(entries ?? new Uint8Array()).map(({ bytes }) => {
    const { serialNumber, revokedAt, extensions } = readEntry(parseDer(bytes))
    const reason = extensions.find(({ id }) => id === OID.crlReason)
    return {
      serialNumber: Buffer.from(serialNumber.content).toString('hex'),
      revokedAt,
      reason: reason === undefined ? null : reasonName(parseDer(reason.value).content[0]),
    }
  })
}

function isReason({ id, critical, value }: Extension, code: number | null): boolean {
  const node = expectTag(parseDer(value), TAG.enumerated, 'the reason')
  return id === OID.crlReason && !critical && code !== null && node.content[0] === code && node.content.length === 1
}

/** Checks of one entry. */
export const ENTRY_CHECKS: readonly Check<CrlEntry, Revocation>[] = [
  {
    name: 'entry_serial_is_positive',
    clause: 'RFC 5280 5.1.2.6, 4.1.2.2',
    passes: ({ serialNumber }) => readInteger(serialNumber, 'it') > 0n,
  },
  {
    name: 'entry_serial_is_the_one_revoked',
    clause: 'RFC 5280 5.1.2.6',
    passes: (entry, { serialNumber }) => Buffer.from(entry.serialNumber.content).toString('hex') === serialNumber,
  },
  {
    name: 'revocation_date_has_the_right_time_type',
    clause: 'RFC 5280 5.1.2.6',
    passes: ({ revokedAt, timeTag }) => isTimeTagRight(revokedAt, timeTag),
  },
  {
    name: 'revocation_date_is_the_true_one',
    clause: 'pki.md',
    passes: (entry, { revokedAt }) => entry.revokedAt.getTime() === Math.floor(revokedAt.getTime() / 1000) * 1000,
  },
  {
    name: 'reason_is_the_one_extension_and_never_unspecified',
    clause: 'RFC 5280 5.3.1',
    passes: ({ extensions }, { reason }) => {
      const code = reasonCode(reason)
      if (code === null) return extensions.length === 0
      return extensions.length === 1 && extensions.every((extension) => isReason(extension, code))
    },
  },
]

/** An element of revokedCertificates (DER), checked [RFC 5280 5.1.2.6, 5.3]. */
export function encodeCrlEntry(revocation: Revocation): Buffer {
  const code = reasonCode(revocation.reason)
  const der = sequence(
    unsignedInteger(Buffer.from(revocation.serialNumber, 'hex')),
    time(revocation.revokedAt),
    ...(code === null ? [] : [reasonExtensions(code)]),
  )
  checkCrlEntry(der, revocation)
  return der
}

/** Throws an Error naming every check that an entry (DER) fails. */
export function checkCrlEntry(der: Uint8Array, revocation: Revocation): void {
  requireChecks('the entry of the CRL', ENTRY_CHECKS, readEntry(parseDer(der)), revocation)
}
