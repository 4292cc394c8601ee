import type { Config } from '../config.js'
import { CrlIssuer } from '../identity/revocation/crl-issuer.js'
import { createOcspResponder, type OcspResponder } from '../identity/revocation/ocsp-responder.js'
import { createStaple, type Staple } from '../identity/revocation/staple.js'
import { parseCertificate } from '../pki/certificate.js'
import { fingerprintOf } from '../pki/fingerprint.js'
import { decodePem, splitPem } from '../pki/pem.js'
import type { NewServerCertificate, RevocationStore } from '../store/revocation-store.js'
import type { Store } from '../store/store.js'
import type { Certificates } from './certificate-files.js'
import { RootCrlFile } from './certificates/root-crl.js'
import type { ServerPair } from './certificates/server-pair.js'
import type { CrlSources } from './identity/routes/crl.js'

export interface Revocation {
  readonly crls: CrlSources
  readonly ocsp: OcspResponder
  readonly staple: Staple
}

export interface RevocationOptions {
  readonly config: Config
  readonly store: Store
  readonly certificates: Certificates
  readonly now: () => Date
}

/** What tells relying parties of revocation: CRLs, OCSP and its staple. */
export function createRevocation({ config, store, certificates, now }: RevocationOptions): Revocation {
  const { users, servers, root } = certificates
  const common = { store: store.revocations, hours: config.crlHours, now }
  const ocsp = createOcspResponder({ issuers: { users, servers }, store: store.revocations, policy: config, now })
  return {
    crls: {
      users: new CrlIssuer({ ...common, issuer: 'users', authority: users }),
      servers: new CrlIssuer({ ...common, issuer: 'servers', authority: servers }),
      root: new RootCrlFile(config.certsDir, root),
    },
    ocsp,
    staple: createStaple(servers, ocsp),
  }
}

/** Makes a certificate of the server's own known to OCSP; to be called before it is shown to anybody. */
export async function recordServerPair(store: RevocationStore, { certificatePem }: ServerPair): Promise<void> {
  await store.recordServerCertificate(describe(certificatePem))
}

function describe(certificatePem: string): NewServerCertificate {
  const [leaf = ''] = splitPem(certificatePem)
  const der = decodePem(leaf, ['CERTIFICATE'])
  const { serialNumber, notBefore, notAfter } = parseCertificate(der).tbs
  return {
    serialNumber: Buffer.from(serialNumber).toString('hex'),
    fingerprint: fingerprintOf(der),
    notBefore,
    notAfter,
  }
}
