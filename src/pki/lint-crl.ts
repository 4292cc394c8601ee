import type { Authority } from './authority.js'
import { type CrlTemplate, crlNumber, readTbsCrl, type TbsCrl } from './crl.js'
import { type Check, equal, isTimeTagRight, requireChecks } from './lint-check.js'
import { hasAuthorityKeyIdentifier } from './lint-extensions.js'
import { OID } from './oids.js'

/** What the CRL ought to be. */
export interface ExpectedCrl extends Omit<CrlTemplate, 'entries'> {
  readonly issuer: Authority
  /** How many certificates are revoked. */
  readonly entries: number
}

const KNOWN: readonly string[] = [OID.authorityKeyIdentifier, OID.crlNumber]

/** Checks of a CRL but for its entries, each of which was checked when it was made. */
export const CRL_CHECKS: readonly Check<TbsCrl, ExpectedCrl>[] = [
  { name: 'crl_version_is_2', clause: 'RFC 5280 5.1.2.1', passes: ({ version }) => version === 1n },
  {
    name: 'crl_signature_algorithm_is_the_signers',
    clause: 'RFC 5280 5.1.1.2, 5.1.2.2',
    passes: ({ signature }, { issuer }) => equal(signature.bytes, issuer.algorithm.der),
  },
  {
    name: 'crl_issuer_is_the_authority_byte_for_byte',
    clause: 'RFC 5280 5.1.2.3',
    passes: (tbs, { issuer }) => equal(tbs.issuer.bytes, issuer.subject),
  },
  {
    name: 'crl_has_next_update',
    clause: 'RFC 5280 5.1.2.5',
    passes: ({ nextUpdate }) => nextUpdate !== null,
  },
  {
    name: 'crl_updates_are_in_order',
    clause: 'RFC 5280 5.1.2.4, 5.1.2.5',
    passes: ({ thisUpdate, nextUpdate }) => nextUpdate === null || thisUpdate < nextUpdate,
  },
  {
    name: 'crl_updates_have_the_right_time_type',
    clause: 'RFC 5280 5.1.2.4, 5.1.2.5',
    passes: ({ thisUpdate, nextUpdate, timeTags }) =>
      isTimeTagRight(thisUpdate, timeTags[0]) && (nextUpdate === null || isTimeTagRight(nextUpdate, timeTags[1])),
  },
  {
    name: 'crl_entries_are_omitted_when_there_are_none',
    clause: 'RFC 5280 5.1.2.6',
    passes: (tbs, { entries }) => (entries === 0 ? tbs.entries === null : (tbs.entries?.length ?? 0) > 0),
  },
  {
    name: 'crl_extensions_are_of_the_profile',
    clause: 'pki.md',
    passes: ({ extensions }) => extensions.map(({ id }) => id).join() === KNOWN.join(),
  },
  {
    name: 'crl_extensions_are_not_critical',
    clause: 'RFC 5280 5.2.1, 5.2.3',
    passes: ({ extensions }) => extensions.every(({ critical }) => !critical),
  },
  {
    name: 'crl_authority_key_identifier_is_the_issuers',
    clause: 'RFC 5280 5.2.1',
    passes: (tbs, { issuer }) => hasAuthorityKeyIdentifier(tbs, issuer.keyIdentifier),
  },
  {
    name: 'crl_number_is_the_next',
    clause: 'RFC 5280 5.2.3',
    passes: (tbs, { number }) => number > 0 && crlNumber(tbs) === BigInt(number),
  },
]

/** Checks a to-be-signed CRL (DER). Throws an Error naming every check that fails. */
export function lintCrl(tbsDer: Uint8Array, expected: ExpectedCrl): void {
  requireChecks('the CRL', CRL_CHECKS, parse(tbsDer), expected)
}

function parse(tbs: Uint8Array): TbsCrl {
  try {
    return readTbsCrl(tbs)
  } catch (cause) {
    throw new Error('the CRL fails the lint: well_formed_der [X.690 10, 11]', { cause })
  }
}
