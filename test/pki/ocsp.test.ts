import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { OCSPRequest } from 'pkijs'
import t from 'tap'
import { certIdOf, issuersOf } from '../../src/pki/cert-id.js'
import { DerError, parseDer } from '../../src/pki/der.js'
import { encodeDer, integer, octetString, oid, sequence } from '../../src/pki/der-encode.js'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { type OcspRequest, parseOcspRequest } from '../../src/pki/ocsp-request.js'
import { encodeOcspError, issueOcspResponse } from '../../src/pki/ocsp-response.js'
import { OID } from '../../src/pki/oids.js'
import { extension } from '../../src/pki/profile.js'
import { openssl } from '../support/openssl.js'
import { createWorkbench } from './openssl.js'

const now = new Date()
const { root, users, servers } = createHierarchy({ now })
const certId = certIdOf(users, '01'.repeat(18))
const nonce = (octets: number) => extension(OID.ocspNonce, false, octetString(Buffer.alloc(octets, 7)))

interface Parts {
  readonly certIds?: readonly Uint8Array[]
  readonly before?: readonly Uint8Array[]
  readonly single?: readonly Uint8Array[]
  readonly extensions?: readonly Uint8Array[]
  readonly behind?: readonly Uint8Array[]
}

function request({ certIds = [certId.der], before = [], single = [], extensions = [], behind = [] }: Parts = {}) {
  const list = certIds.map((der) =>
    sequence(der, ...(single.length === 0 ? [] : [encodeDer(0xa0, sequence(...single))])),
  )
  const requestExtensions = extensions.length === 0 ? [] : [encodeDer(0xa2, sequence(...extensions))]
  return sequence(sequence(...before, sequence(...list), ...requestExtensions), ...behind)
}

/** Of what OpenSSL asks. */
function asked(t: Parameters<typeof createWorkbench>[0], args: string): Buffer {
  const bench = createWorkbench(t)
  bench.write('users.pem', users.certificatePem)
  bench.openssl(`ocsp -reqout request.der ${args}`)
  return readFileSync(join(bench.folder, 'request.der'))
}

t.test('what OpenSSL asks is understood', async (t) => {
  for (const [hash, at] of [
    ['sha1', 0],
    ['sha256', 1],
  ] as const) {
    const der = asked(t, `-${hash} -issuer users.pem -serial 0x0102 -serial 0x7f03 -nonce`)
    const { certIds, nonce } = parseOcspRequest(der, 8)
    t.same(
      certIds.map(({ serialNumber }) => serialNumber),
      ['0102', '7f03'],
    )
    t.ok(certIds.every(({ issuer }) => issuer === issuersOf(users)[at]))
    t.ok(nonce?.length)
  }
  t.equal(parseOcspRequest(asked(t, '-issuer users.pem -serial 1 -no_nonce'), 8).nonce, null)
  const other = parseOcspRequest(asked(t, '-sha384 -issuer users.pem -serial 1'), 8)
  t.equal(other.certIds[0]?.issuer, null, 'a hash that is not known')
  t.not(issuersOf(users)[0], issuersOf(servers)[0])
  const own = certIdOf(users, '0102')
  const first = parseOcspRequest(asked(t, '-issuer users.pem -serial 0x0102'), 8).certIds[0]
  t.same(Buffer.from(own.der), Buffer.from(first?.der ?? []), 'our own CertID is what OpenSSL makes')
})

t.test('what may be in a request, and what may not', async (t) => {
  const parse = (parts: Parts, max = 8): OcspRequest => parseOcspRequest(request(parts), max)
  t.equal(
    OCSPRequest.fromBER(Uint8Array.from(request())).tbsRequest.requestList.length,
    1,
    'pkijs reads what we test with',
  )
  t.same(parse({ extensions: [nonce(1)] }).nonce, octetString(Buffer.of(7)))
  t.equal(parse({ extensions: [nonce(128)] }).nonce?.length, 131)
  t.equal(parse({ extensions: [extension('1.3.6.1.5.5.7.48.1.7', false, sequence())] }).nonce, null)
  t.equal(parse({ before: [encodeDer(0xa0, integer(0))] }).certIds.length, 1)
  t.equal(parse({ before: [encodeDer(0xa1, encodeDer(0xa4, users.subject))] }).certIds.length, 1)
  t.equal(parse({ behind: [encodeDer(0xa0, sequence(sequence(), integer(0)))] }).certIds.length, 1, 'a signature')
  t.equal(parse({ certIds: Array(8).fill(certId.der) }).certIds.length, 8)

  const critical = extension('1.2.3', true, sequence())
  for (const [what, parts, message] of [
    ['too many', { certIds: Array(9).fill(certId.der) }, /about 9 certificates; 8 are allowed/],
    ['none', { certIds: [] }, /requestList/],
    ['an empty nonce', { extensions: [nonce(0)] }, /nonce has 0 octets/],
    ['a long nonce', { extensions: [nonce(129)] }, /nonce has 129 octets/],
    ['two nonces', { extensions: [nonce(16), nonce(16)] }, /nonce/],
    ['a bare nonce', { extensions: [extension(OID.ocspNonce, false, Buffer.from('1234'))] }, /./],
    ['a critical extension', { extensions: [critical] }, /1\.2\.3 is critical/],
    ['a critical extension of one', { single: [critical] }, /1\.2\.3 is critical/],
    ['another version', { before: [encodeDer(0xa0, integer(1))] }, /version/],
    ['surplus', { behind: [encodeDer(0xa0, sequence()), sequence()] }, /surplus/],
    ['no CertID', { certIds: [sequence(oid(OID.sha1))] }, /CertID/],
  ] as const)
    t.throws(() => parse(parts), { name: 'DerError', message }, what)
})

t.test('no bytes but DER are taken, and none break it', async (t) => {
  const good = request({ extensions: [nonce(16)] })
  const attempt = (der: Uint8Array) => {
    try {
      parseOcspRequest(der, 8)
    } catch (error) {
      if (!(error instanceof DerError)) throw error
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt))
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, octet) => {
      const changed = Buffer.from(good)
      changed[at] = octet
      attempt(changed)
    }),
  )
  for (let length = 0; length < good.length; length++)
    t.throws(() => parseOcspRequest(good.subarray(0, length), 8), { name: 'DerError' })
})

t.test('OpenSSL takes the answer, each status, from the issuer alone', async (t) => {
  const bench = createWorkbench(t)
  bench.write('root.pem', root.certificatePem)
  bench.write('users.pem', users.certificatePem)
  const revokedAt = new Date(now.getTime() - 86_400_000)
  const statuses = [
    { status: 'good' },
    { status: 'revoked', revokedAt, reason: 'keyCompromise' },
    { status: 'revoked', revokedAt, reason: null },
    { status: 'unknown' },
  ] as const
  const serials = statuses.map((_, i) => `-serial 0x010${i}`).join(' ')
  for (const hash of ['sha1', 'sha256']) {
    bench.openssl(`ocsp -reqout request.der -${hash} -issuer users.pem ${serials} -nonce`)
    const { certIds, nonce } = parseOcspRequest(readFileSync(join(bench.folder, 'request.der')), 8)
    const responses = statuses.map((status, i) => ({ certId: certIds[i] ?? certId, status }))
    const answer = { responses, thisUpdate: now, nextUpdate: new Date(now.getTime() + 3_600_000), nonce }
    const verify = (der: Uint8Array) => {
      bench.write('response.der', der)
      const args = `-no_nonce -reqin request.der -respin response.der -${hash} -issuer users.pem ${serials}`
      const { stdout, stderr } = spawnSync(
        'openssl',
        `ocsp ${args} -CAfile root.pem -verify_other users.pem`.split(' '),
        {
          cwd: bench.folder,
          encoding: 'utf8',
        },
      )
      return stdout + stderr
    }
    const text = verify(await issueOcspResponse(users, answer))
    t.match(text, /Response verify OK/)
    t.match(text, /0x0100: good/)
    t.match(text, /0x0101: revoked\n[\s\S]*Reason: keyCompromise\n\tRevocation Time: /)
    t.match(text, /0x0102: revoked\n\tThis Update: .*\n\tNext Update: .*\n\tRevocation Time: /)
    t.match(text, /0x0103: unknown/)
    t.match(
      verify(await issueOcspResponse({ ...users, key: servers.key }, answer)),
      /Response Verify Failure/,
      'signed by another key',
    )
    t.match(verify(await issueOcspResponse(servers, answer)), /Response Verify Failure/, 'signed by another authority')
  }
})

t.test('the nonce is repeated as it came', async (t) => {
  const nonce = octetString(Buffer.from('a nonce of some length'))
  const answer = { responses: [{ certId, status: { status: 'good' } as const }], thisUpdate: now, nextUpdate: now }
  t.ok((await issueOcspResponse(users, { ...answer, nonce })).includes(nonce))
  t.notOk((await issueOcspResponse(users, { ...answer, nonce: null })).includes(oid(OID.ocspNonce)))
})

t.test('errors are no answers', async (t) => {
  for (const [error, name] of [
    ['malformedRequest', 'malformedrequest (1)'],
    ['internalError', 'internalerror (2)'],
    ['tryLater', 'trylater (3)'],
    ['unauthorized', 'unauthorized (6)'],
  ] as const) {
    t.equal(parseDer(encodeOcspError(error)).children.length, 1)
    const { output } = await openssl({ response: encodeOcspError(error) }, 'ocsp', '-respin', '@response', '-noverify')
    t.match(output, `Responder Error: ${name}`)
  }
})
