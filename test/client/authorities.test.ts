import t from 'tap'
import { Authorities } from '../../src/client/authorities.js'
import { pinRoot, verifyUserCertificate } from '../../src/client/certificates.js'
import { encodeCrlEntry } from '../../src/pki/crl-entry.js'
import { createSuccessor } from '../../src/pki/hierarchy.js'
import { issueCrl } from '../../src/pki/issue-crl.js'
import { encodePem } from '../../src/pki/pem.js'
import { createInstallation, createParty, DAY, DOMAIN, now } from './parties.js'

const time = { askedAt: now, now: () => now }

t.test('a CA that the root has revoked comes back by no answer of the server, nor after a restart', async (t) => {
  const installation = createInstallation()
  const { root, users, fingerprint } = installation
  const next = createSuccessor(root, { kind: 'users', generation: 2, now })
  const both = next.certificatePem + installation.authorities
  const crlOf = async (...serials: readonly string[]) => {
    const revokedAt = new Date(now.getTime() - 60_000)
    const entries = serials.map((serialNumber) => encodeCrlEntry({ serialNumber, revokedAt, reason: 'cACompromise' }))
    const life = { thisUpdate: now, nextUpdate: new Date(now.getTime() + DAY) }
    return encodePem('X509 CRL', await issueCrl(root, { ...life, number: 1, entries }))
  }
  const forged = createParty(installation, 'alice').certificate
  for (const shown of [both, both + (await crlOf()), both + (await crlOf(root.serialNumber))]) {
    let stored = both + (await crlOf(users.serialNumber))
    const keep = async (pem: string) => {
      stored = pem
    }
    const pinned = () => pinRoot(root.certificatePem, fingerprint, DOMAIN, stored)
    const opened = () =>
      new Authorities({ ...time, pin: pinned(), fetch: async () => shown, store: keep, outdated: () => undefined })
    const known = opened()
    for (const authorities of [known, known, opened(), opened()])
      await t.rejects(
        authorities.verified((pin) => verifyUserCertificate(forged, 'alice', pin, now)),
        { code: 'certificate_invalid', message: /a CA that the root has revoked/ },
      )
  }
})

t.test(
  'a client that runs for weeks asks for the CRL each day, and before it relies on one that is too old',
  async (t) => {
    const { root, users, authorities: cas, fingerprint } = createInstallation()
    const crlOf = async (number: number, days: number, ...serials: readonly string[]) => {
      const entries = serials.map((serialNumber) =>
        encodeCrlEntry({ serialNumber, revokedAt: now, reason: 'cACompromise' }),
      )
      const thisUpdate = new Date(now.getTime() + number)
      const life = { thisUpdate, nextUpdate: new Date(now.getTime() + days * DAY) }
      return encodePem('X509 CRL', await issueCrl(root, { ...life, number, entries }))
    }
    const pin = pinRoot(root.certificatePem, fingerprint, DOMAIN, cas + (await crlOf(1000, 3)))
    let at = now.getTime()
    let shown: string | Error = cas + (await crlOf(2000, 3))
    let asked = 0
    const stored: string[] = []
    const told: Date[] = []
    const authorities = new Authorities({
      pin,
      askedAt: now,
      now: () => new Date(at),
      fetch: async () => {
        asked += 1
        if (shown instanceof Error) throw shown
        return shown
      },
      store: async (pem) => void stored.push(pem),
      outdated: (nextUpdate) => told.push(nextUpdate),
    })
    const rely = () => authorities.verified(({ revoked }) => revoked.size)
    const after = async (days: number) => {
      at = now.getTime() + days * DAY
      await Promise.all([rely(), rely()])
      return [asked, told.length]
    }
    t.same(await after(0.9), [0, 0], 'not yet')
    t.same(await after(1.1), [1, 0], 'a day later')
    t.same(await after(1.2), [1, 0])
    t.equal(stored.length, 1, 'the time is remembered, though nothing is new')
    shown = new Error('nobody answers')
    t.same(await after(2.2), [2, 0], 'whoever cannot ask goes on')
    t.same(await after(2.21), [2, 0])
    t.same(await after(2.3), [3, 0], 'and asks again')
    t.same(await after(3), [4, 1], 'at nextUpdate, which is told')
    t.same(await after(3.01), [4, 1])
    t.same(await after(3.1), [5, 1], 'once')
    shown = cas + (await crlOf(1000, 2))
    t.same(await after(3.2), [6, 1], 'an older one')
    shown = cas + (await crlOf(3000, 30, users.serialNumber))
    t.same(await after(3.3), [7, 1])
    t.equal(await rely(), 1, 'what was revoked since')
    t.same(await after(4.4), [8, 1])
    t.equal(stored.at(-1)?.match(/BEGIN X509 CRL/g)?.length, 1, 'those that say no more are forgotten')
    t.same(await after(-5), [9, 1], 'a clock that was set back')
  },
)
