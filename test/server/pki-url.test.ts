import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { publicationOf } from '../../src/pki/publication.js'
import { configuredPkiUrl, pkiUrlOf } from '../../src/server/pki-url.js'

const before = (environment: Record<string, string>) => configuredPkiUrl(loadConfig(environment))
const listening = (environment: Record<string, string>) =>
  pkiUrlOf(loadConfig(environment), {
    identity: 50_000,
    pkiHttp: 'HERMES_PKI_HTTP_PORT' in environment ? 50_001 : null,
  })

t.test('the URL is the one that is set, that of plain HTTP, or that of the identity listener', async (t) => {
  t.equal(before({}), 'https://localhost:8443')
  t.equal(before({ HERMES_HOSTNAMES: '::1' }), 'https://[::1]:8443')
  t.equal(before({ HERMES_IDENTITY_URL: 'https://id.example.org' }), 'https://id.example.org')
  const http = { HERMES_IDENTITY_URL: 'https://id.example.org', HERMES_PKI_HTTP_PORT: '8080' }
  t.equal(before({ ...http, HERMES_HOSTNAMES: 'id.example.org' }), 'http://id.example.org:8080')
  t.equal(before({ ...http, HERMES_PKI_URL: 'http://pki.example.org' }), 'http://pki.example.org')
})

t.test('where the system picks the port it is known once something listens', async (t) => {
  const free = { HERMES_IDENTITY_PORT: '0' }
  t.equal(before(free), null)
  t.equal(listening(free), 'https://localhost:50000')
  t.equal(before({ HERMES_PKI_HTTP_PORT: '0' }), null)
  t.equal(listening({ HERMES_PKI_HTTP_PORT: '0' }), 'http://localhost:50001')
})

t.test('the URLs of what is published are ASCII, whatever the one that is set', async (t) => {
  t.same(publicationOf('http://pki.example.org/', 'users'), {
    crl: 'http://pki.example.org/crl/users',
    ocsp: 'http://pki.example.org/ocsp',
    issuer: 'http://pki.example.org/ca/users',
  })
  t.equal(
    publicationOf('https://bücher.example/hérmes', 'servers').crl,
    'https://xn--bcher-kva.example/h%C3%A9rmes/crl/servers',
  )
  t.equal(publicationOf('http://pki.example.org', 'root').ocsp, null, 'its key is away')
})
