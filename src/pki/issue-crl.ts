import type { Authority } from './authority.js'
import { type CrlTemplate, encodeTbsCrl } from './crl.js'
import { lintCrl } from './lint-crl.js'
import { signInPool } from './sign.js'

/** Issues a CRL (DER): encodes it, lints what is to be signed, and only then signs it [RFC 5280 5.1]. */
export async function issueCrl(issuer: Authority, template: CrlTemplate): Promise<Buffer> {
  const tbs = encodeTbsCrl(issuer, template)
  lintCrl(tbs, { ...template, issuer, entries: template.entries.length })
  return signInPool(tbs, issuer)
}
