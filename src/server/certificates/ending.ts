import type { AuthorityCertificate } from '../../pki/authority.js'
import { type AuthoritySet, ofKind } from './authority-set.js'
import { certificateFile, issuerFile, type Name } from './files.js'

const DAY_MS = 86_400_000
/** Half a year: what a CA issues ends with it, and everybody who trusts the root must get another. */
const WARNING_DAYS = 180

export function daysUntil(end: Date, now: Date): number {
  return Math.floor((end.getTime() - now.getTime()) / DAY_MS)
}

/** A line on the CA that ends first, if that is soon; null otherwise. It changes from day to day. Successors count. */
export function endingAuthority(directory: string, set: AuthoritySet, now: Date): string | null {
  const newest = (['users', 'servers'] as const).flatMap((kind) => ofKind(set, kind).slice(0, 1))
  const ends: readonly { readonly name: Name; readonly end: Date }[] = [
    endOf('root-ca', set.root),
    ...newest.map(({ name, certificate }) => endOf(issuerFile(name), certificate)),
  ]
  const first = ends.reduce((a, b) => (b.end < a.end ? b : a))
  const days = daysUntil(first.end, now)
  if (days >= WARNING_DAYS) return null
  return `${certificateFile(directory, first.name)}: this CA ends on ${first.end.toISOString()}, in ${days} days, and every certificate that it issues with it; plan its replacement`
}

function endOf(name: Name, { notAfter }: AuthorityCertificate) {
  return { name, end: notAfter }
}
