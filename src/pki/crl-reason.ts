/** CRLReason [RFC 5280 5.3.1], without those that mean no lasting revocation. */
const CODES: Readonly<Record<string, number>> = {
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
  aACompromise: 10,
}

/** The name of a reason by its code; null for one that is not among them. */
export function reasonName(code: number | undefined): string | null {
  return Object.keys(CODES).find((name) => CODES[name] === code) ?? null
}

/** The code of a reason by its name; null for `unspecified` and whatever has none: it is left out, never 0. */
export function reasonCode(reason: string | null): number | null {
  return CODES[reason ?? ''] ?? null
}
