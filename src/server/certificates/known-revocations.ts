import type { AuthorityStore } from '../../store/authority-store.js'
import type { IssuerName } from '../../store/revocation-store.js'

/** What the root has revoked, as far as the database knows. */
export interface KnownRevocations {
  /** The number of the newest CRL of the root; null for none. */
  readonly rootCrl: number | null
  readonly revoked: readonly { readonly name: IssuerName; readonly revokedAt: Date }[]
}

export const NOTHING_REVOKED: KnownRevocations = { rootCrl: null, revoked: [] }

export async function readKnownRevocations(store: AuthorityStore): Promise<KnownRevocations> {
  const known = await store.listAuthorities()
  const revoked = known.flatMap(({ name, revokedAt }) => (revokedAt === null ? [] : [{ name, revokedAt }]))
  return { rootCrl: await store.rootCrlNumber(), revoked }
}
