import t from 'tap'
import { Authorities } from '../../src/client/authorities.js'
import { pinRoot, verifyUserCertificate } from '../../src/client/certificates.js'
import { encodeCrlEntry } from '../../src/pki/crl-entry.js'
import { createSuccessor } from '../../src/pki/hierarchy.js'
import { issueCrl } from '../../src/pki/issue-crl.js'
import { encodePem } from '../../src/pki/pem.js'
import { createInstallation, createParty, DAY, DOMAIN, now } from './parties.js'

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
    const opened = () => new Authorities({ pin: pinned(), fetch: async () => shown, store: keep })
    const known = opened()
    for (const authorities of [known, known, opened(), opened()])
      await t.rejects(
        authorities.verified((pin) => verifyUserCertificate(forged, 'alice', pin, now)),
        { code: 'certificate_invalid', message: /a CA that the root has revoked/ },
      )
  }
})
