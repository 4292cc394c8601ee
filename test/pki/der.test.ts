import fc from 'fast-check'
import t from 'tap'
import { DerError, parseDer } from '../../src/pki/der.js'
import { encodeDer, integer, oid, sequence, time, unsignedInteger } from '../../src/pki/der-encode.js'
import { readInteger, readOid, readText, readTime } from '../../src/pki/der-values.js'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

t.test('what BER allows and DER does not is refused', async (t) => {
  const bad: Record<string, string> = {
    '': 'empty',
    '30': 'header without length',
    '30 80 00 00': 'indefinite length',
    '30 81 00': 'long form of a short length',
    '04 82 00 01 00': 'leading zero in a length',
    '04 85 00 00 00 00 01 00': 'length of five octets',
    '04 02 00': 'content too short',
    '05 00 00': 'trailing byte',
    '02 00': 'empty INTEGER',
    '02 02 00 7f': 'padded INTEGER',
    '02 02 ff 80': 'padded negative INTEGER',
    '01 01 01': 'BOOLEAN of 01',
    '05 01 00': 'NULL with content',
    '03 00': 'BIT STRING without unused bits',
    '03 01 01': 'BIT STRING with unused bits of nothing',
    '03 02 01 01': 'BIT STRING with a padding bit set',
    '03 02 08 00': 'BIT STRING with eight unused bits',
    '06 00': 'empty OID',
    '06 02 80 01': 'padded arc',
    '06 01 81': 'unfinished arc',
    '24 02 04 00': 'constructed OCTET STRING',
    '10 00': 'primitive SEQUENCE',
    '1f 81 00 00': 'tag of two octets',
    '00 00': 'end of contents',
    '30 03 02 02 00': 'child longer than its parent',
  }
  for (const [bytes, why] of Object.entries(bad)) t.throws(() => parseDer(hex(bytes)), { name: 'DerError' }, why)
  let nested = encodeDer(0x05)
  for (let i = 0; i < 40; i++) nested = sequence(nested)
  t.throws(() => parseDer(nested), /nested/)
})

t.test('any bytes either parse or throw a DerError', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        return Buffer.compare(parseDer(bytes).bytes, bytes) === 0
      } catch (error) {
        return error instanceof DerError
      }
    }),
  )
})

t.test('values come back as they were written', async (t) => {
  fc.assert(fc.property(fc.nat(), (n) => readInteger(parseDer(integer(n)), 'n') === BigInt(n)))
  fc.assert(
    fc.property(fc.tuple(fc.nat(1), fc.nat(39)), fc.array(fc.nat(), { maxLength: 8 }), (head, rest) => {
      const dotted = [...head, ...rest].join('.')
      return readOid(parseDer(oid(dotted)), 'oid') === dotted
    }),
  )
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 70_000 }),
      (bytes) => parseDer(encodeDer(0x04, bytes)).content.length === bytes.length,
    ),
  )
  t.equal(readOid(parseDer(oid('2.16.840.1.101.3.4.1.42')), 'oid'), '2.16.840.1.101.3.4.1.42')
  t.throws(
    () => readOid(parseDer(encodeDer(0x06, Buffer.alloc(65, 1))), 'the type'),
    /the type has a name of more than 64/,
  )
  t.equal(readInteger(parseDer(unsignedInteger(hex('80'))), 'n'), 128n)
  t.equal(readInteger(parseDer(hex('02 01 80')), 'n'), -128n)
  t.equal(readText(parseDer(hex('0c 02 c3 28'))), undefined, 'malformed UTF-8')
})

t.test('times are UTCTime until 2050 [RFC 5280 4.1.2.5]', async (t) => {
  const last = new Date('2049-12-31T23:59:59Z')
  const first = new Date('2050-01-01T00:00:00Z')
  t.equal(parseDer(time(last)).tag, 0x17)
  t.equal(parseDer(time(first)).tag, 0x18)
  t.same(readTime(parseDer(time(last)), 'time'), last)
  t.same(readTime(parseDer(time(first)), 'time'), first)
  for (const text of ['261301000000Z', '2611220000Z', '261122000000+0100', '260230000000Z'])
    t.throws(() => readTime(parseDer(encodeDer(0x17, Buffer.from(text))), 'time'), { name: 'DerError' }, text)
})
