import type { Test } from 'tap'
import type { OpenStore } from './contract.js'
import { newUser, T0 } from './fixtures.js'

const DAY = 86_400_000
const at = new Date(T0)

/** Of the server's own certificates and the numbers of CRLs; what is revoked, in the tests of one database. */
export async function crlContract(t: Test, open: OpenStore): Promise<void> {
  const { identities, revocations } = await open(t)

  await t.test('what was issued is known, by its issuer', async (t) => {
    const user = newUser()
    await identities.register(user)
    const { serialNumber } = user.certificate
    t.same(await revocations.findStatus('users', serialNumber, at), { serialNumber, revocation: null })
    t.equal(await revocations.findStatus('servers', serialNumber, at), null)
    t.equal(await revocations.findStatus('users', serialNumber.toUpperCase(), at), null)
    t.equal(await revocations.findStatus('users', '00', at), null)
  })

  await t.test('a certificate of the server is recorded once', async (t) => {
    const certificate = {
      issuer: 'servers',
      serialNumber: '7f'.repeat(18),
      fingerprint: `sha256:${'ab'.repeat(32)}`,
      notBefore: at,
      notAfter: new Date(T0 + DAY),
    } as const
    const { serialNumber } = certificate
    t.equal(await revocations.findStatus('servers', serialNumber, at), null)
    await Promise.all([1, 2, 3].map(() => revocations.recordServerCertificate(certificate)))
    await revocations.recordServerCertificate(certificate)
    t.same(await revocations.findStatus('servers', serialNumber, at), { serialNumber, revocation: null })
    t.equal(await revocations.findStatus('users', serialNumber, at), null)
  })

  await t.test('the number of a CRL grows, whoever makes it', async (t) => {
    const crl = { number: T0 / 1000, issuedAt: at }
    t.equal(await revocations.lastCrl('servers'), null)
    const outcomes = await Promise.all([1, 2, 3].map(() => revocations.recordCrl('servers', crl)))
    t.same(outcomes.filter(Boolean), [true], 'of three with one number one is recorded')
    t.same(await revocations.lastCrl('servers'), crl)
    t.equal(await revocations.recordCrl('servers', { ...crl, number: crl.number - 1 }), false)
    t.equal(await revocations.recordCrl('servers', { number: 2 ** 40, issuedAt: new Date(T0 + 1) }), true)
    t.same(await revocations.lastCrl('servers'), { number: 2 ** 40, issuedAt: new Date(T0 + 1) })
    t.equal(await revocations.lastCrl('users'), null)
  })

  await t.test('nothing is listed where nothing is revoked', async (t) => {
    const page = { at, unexpiredAt: new Date(0), after: null, limit: 10 }
    t.same(await revocations.listRevoked('users', page), { revoked: [], next: null })
    t.equal(await revocations.revocationState('users', at), await revocations.revocationState('users', at))
  })
}
