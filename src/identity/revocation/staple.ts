import { createPublicKey, X509Certificate } from 'node:crypto'
import type { Authority } from '../../pki/authority.js'
import { certIdOf } from '../../pki/cert-id.js'
import { parseCertificate } from '../../pki/certificate.js'
import type { IssuerName } from '../../store/revocation-store.js'
import type { OcspResponder } from './ocsp-responder.js'

/** How long a staple is given out; its nextUpdate is further away. */
const FRESH_MS = 60_000

/** The OCSP answer about the certificate (DER) that a TLS server shows; null when another CA issued it. */
export type Staple = (certificate: Uint8Array) => Promise<Buffer | null>

interface Kept {
  readonly certificate: Uint8Array
  readonly staple: Promise<Buffer | null>
  readonly at: number
}

/** Makes staples when they are asked for and the last one is old, or about another certificate. */
export function createStaple(
  issuers: () => ReadonlyMap<IssuerName, Authority>,
  ocsp: OcspResponder,
  now: () => Date,
): Staple {
  let kept: Kept | null = null

  async function make(certificate: Uint8Array): Promise<Buffer | null> {
    // By its signature: the servers' CA of every installation has the same name.
    const x509 = new X509Certificate(certificate)
    const issuer = [...issuers()].find(([, { key }]) => x509.verify(createPublicKey(key)))
    if (issuer === undefined) return null
    const [name, authority] = issuer
    const { serialNumber } = parseCertificate(certificate).tbs
    const certId = certIdOf(authority, Buffer.from(serialNumber).toString('hex'))
    return ocsp.answer(name, { certIds: [certId], nonce: null })
  }

  return (certificate) => {
    const at = now().getTime()
    // Of a time that is still to come, after a clock was set back, nobody takes an answer.
    const isFresh = kept !== null && at >= kept.at && at < kept.at + FRESH_MS
    if (kept !== null && isFresh && Buffer.compare(kept.certificate, certificate) === 0) return kept.staple
    const made: Kept = { certificate, staple: make(certificate), at }
    kept = made
    made.staple.catch(() => {
      if (kept === made) kept = null
    })
    return made.staple
  }
}
