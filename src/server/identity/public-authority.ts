/** The public half of the CA. A Hierarchy with `issuers` is one. */
export interface PublicAuthority {
  readonly root: {
    readonly certificatePem: string
    readonly certificateDer: Uint8Array
    readonly fingerprint: string
  }
  readonly users: { readonly certificateDer: Uint8Array }
  readonly servers: { readonly certificateDer: Uint8Array }
  /** PEM of every issuing CA ever used, users' and servers', newest first. */
  readonly issuers: readonly string[]
}
