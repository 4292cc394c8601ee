import type { IssuerName } from '../../store/revocation-store.js'
import type { LiveAuthorities } from '../certificates/authority-set.js'

/** The public half of the CA, as it is now. */
export interface PublicAuthority {
  readonly root: {
    readonly certificatePem: string
    readonly certificateDer: Uint8Array
    readonly fingerprint: string
  }
  /** DER of an issuing CA, null where there is none of this name. */
  certificateOf(name: IssuerName): Uint8Array | null
  /** PEM of every issuing CA ever used, users' and servers', newest first. */
  issuers(): readonly string[]
}

export function publicAuthority(authorities: LiveAuthorities): PublicAuthority {
  const { root } = authorities.current
  return {
    root,
    certificateOf: (name) =>
      authorities.current.generations.find((one) => one.name === name)?.certificate.certificateDer ?? null,
    issuers() {
      const certificates = authorities.current.generations.map(({ certificate }) => certificate)
      return certificates
        .sort((a, b) => b.notBefore.getTime() - a.notBefore.getTime())
        .map(({ certificatePem }) => certificatePem)
    },
  }
}
