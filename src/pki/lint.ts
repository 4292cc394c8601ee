import { readTbs, type TbsCertificate } from './certificate.js'
import { parseDer } from './der.js'
import { CERTIFICATE_CHECKS } from './lint-certificate.js'
import { type Check, type Expected, requireChecks } from './lint-check.js'
import { EXTENSION_CHECKS } from './lint-extensions.js'
import { PUBLICATION_CHECKS } from './lint-publication.js'

/** Every check, in the order of the certificate's fields. */
export const CHECKS: readonly Check[] = [...CERTIFICATE_CHECKS, ...EXTENSION_CHECKS, ...PUBLICATION_CHECKS]

function parse(tbs: Uint8Array): TbsCertificate {
  try {
    return readTbs(parseDer(tbs))
  } catch (cause) {
    throw new Error('the certificate fails the lint: well_formed_der [X.690 10, 11]', { cause })
  }
}

/** Checks a to-be-signed certificate (DER) before it is signed. Throws an Error naming every check that fails. */
export function lint(tbsDer: Uint8Array, expected: Expected): void {
  requireChecks('the certificate', CHECKS, parse(tbsDer), expected)
}
