import t from 'tap'
import { openCertificates } from '../../src/server/certificate-files.js'
import { issuerOf } from '../../src/server/certificates/authority-set.js'
import { Custody } from '../../src/server/custody.js'
import { settleCertificates } from '../../src/server/settle-certificates.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'

t.test('what another node did to the CAs is noticed, though the folder is as it was', async (t) => {
  const directory = `${t.testdir()}/certs`
  const at = new Date()
  const now = () => at
  const files = { directory, hostnames: ['localhost'], passphraseFile: null, tlsCertFile: null, tlsKeyFile: null }
  const store = await openSqliteStore({ url: `file:${t.testdirName}/hermes.db`, now })
  t.teardown(() => store.close())
  const opened = await openCertificates({ ...files, now: at })
  const { authorities } = await settleCertificates(store, files, opened, at)
  const common = { files, authorities, store: store.authorities, now }
  const custody = new Custody({ ...common, standingChanged() {}, changed() {} })
  await custody.take()
  t.equal(await custody.take(), false)
  const known = authorities.current.generations.map(({ name, certificate: { fingerprint } }) => ({ name, fingerprint }))
  const number = (authorities.current.rootCrl?.number ?? 0n) + 1n

  const revoked = [{ name: 'users' as const, reason: 'cACompromise' as const }]
  await store.authorities.settleAuthorities({ authorities: known, rootCrl: { number: Number(number), revoked }, at })
  await t.rejects(custody.take(), { message: /root-ca\.crl: it does not list users, which was revoked/ })
  t.throws(() => issuerOf(authorities.current, 'users', null), { code: 'unavailable' })

  const next = { name: 'users-2' as const, fingerprint: `sha256:${'0'.repeat(64)}` }
  await store.authorities.settleAuthorities({ authorities: [...known, next], rootCrl: null, at })
  await t.rejects(custody.take(), { message: /users-2-ca\.pem: the file is missing/ })
})
