import fc from 'fast-check'
import t from 'tap'
import { refusalOf } from '../../../src/hub/standing.js'
import { certificateStatus, describeAccount, describeIssued } from '../../../src/identity/admin/describe.js'
import type { Account, IssuedCertificate } from '../../../src/store/administration-store.js'
import type { IdentityRecord } from '../../../src/store/records.js'
import * as wire from '../../../src/wire/administration.js'

const NOW = new Date('2027-01-02T03:04:05.678Z')
const later = (days: number) => new Date(NOW.getTime() + days * 86_400_000)

const ISSUED: IssuedCertificate = {
  id: 1,
  username: 'alice',
  serialNumber: '4f1c0a7b9d3e5f60718293a4b5c6d7e8f901',
  fingerprint: `sha256:${'a'.repeat(64)}`,
  notBefore: NOW,
  notAfter: later(90),
  authorisedBy: 'registration',
  previous: null,
  supersededAt: null,
  revokedAt: null,
  revocationReason: null,
}

const ACCOUNT: Account = {
  id: 1,
  username: 'alice',
  role: 'user',
  createdAt: NOW,
  disabledAt: null,
  deletedAt: null,
  deletionAt: null,
  certificate: ISSUED,
}

t.test('a certificate is active exactly when the hub takes it, and else what the hub refuses it for', async (t) => {
  const day = fc.integer({ min: -2, max: 2 }).map(later)
  const times = fc.record({
    notAfter: day,
    supersededAt: fc.option(day, { nil: null }),
    revokedAt: fc.option(day, { nil: null }),
  })
  fc.assert(
    fc.property(times, (certificate) => {
      const record = { user: { disabledAt: null, deletedAt: null }, certificate } as IdentityRecord
      const refusal = refusalOf(record, NOW.getTime())
      const expected = refusal === null ? 'active' : refusal.replace('certificate_', '')
      t.equal(certificateStatus(certificate, NOW), expected)
    }),
  )
})

t.test('what has not happened is left out, and what goes on the wire fits its schema', async (t) => {
  const plain = describeAccount(ACCOUNT, NOW)
  t.same(wire.Account.parse(plain), plain)
  t.same(Object.keys(plain), ['username', 'role', 'status', 'createdAt', 'certificate'])
  const full = { previous: ISSUED.fingerprint, supersededAt: NOW, revokedAt: NOW, revocationReason: 'superseded' }
  const certificate = describeIssued({ ...ISSUED, ...full }, NOW)
  t.same(wire.IssuedCertificate.parse(certificate), certificate)
  const shown = describeAccount({ ...ACCOUNT, disabledAt: NOW, deletionAt: later(7) }, NOW)
  t.match(shown, { status: 'disabled', disabledAt: NOW.toISOString(), deletionAt: later(7).toISOString() })
  t.match(describeAccount({ ...ACCOUNT, disabledAt: NOW, deletedAt: NOW }, NOW), { status: 'deleted' })
})
