import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { generateKey } from '../../src/client/keys.js'
import { issueUserCertificate } from '../../src/pki/user-certificate.js'
import { openCertificates } from '../../src/server/certificate-files.js'
import { trustDomainOf } from '../../src/server/trust-domain.js'
import { SILENT } from '../../src/store/logger.js'
import { openStore } from '../../src/store/open.js'
import { POOL_LIMITS } from '../../src/store/postgres/pools.js'

export interface Person {
  readonly username: string
  readonly keyPem: string
  readonly certificate: string
  readonly fingerprint: string
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Users put straight into the store of a server that is not started yet: a bench of the relay hashes no passwords. The
 * store is a SQLite file in `directory`, or that of `databaseUrl`.
 */
export async function seedPeople(
  directory: string,
  count: number,
  databaseUrl: string | null = null,
): Promise<readonly Person[]> {
  const options = {
    hostnames: ['localhost', '127.0.0.1', '::1'],
    passphraseFile: null,
    tlsCertFile: null,
    tlsKeyFile: null,
  }
  const certificates = await openCertificates({ ...options, directory: join(directory, 'certs'), now: new Date() })
  const rootFingerprint = certificates.root.fingerprint
  const trustDomain = trustDomainOf({ trustDomain: null, hostnames: options.hostnames }, rootFingerprint)
  const url = databaseUrl ?? `file:${join(directory, 'hermes.db')}`
  const store = await openStore({ url, limits: POOL_LIMITS, now: () => new Date(), logger: SILENT })
  await store.settle({ rootFingerprint, trustDomain })
  const people: Person[] = []
  for (let index = 0; index < count; index += 1) {
    const username = `user${index}`
    const key = await generateKey()
    const spki = createPublicKey(createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }))).export({
      type: 'spki',
      format: 'der',
    })
    const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + DAY_MS) }
    const issued = issueUserCertificate(certificates.users, { username, trustDomain, spki, ...validity })
    const passwordHash = randomBytes(16).toString('hex')
    const certificate = { ...issued, authorisedBy: 'registration', issuer: 'users' } as const
    await store.identities.register({
      username,
      passwordHash,
      certificate,
      encryptedPrivateKey: null,
      address: '127.0.0.1',
    })
    const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
    people.push({ username, keyPem, certificate: issued.pem, fingerprint: issued.fingerprint })
  }
  await store.close()
  return people
}
