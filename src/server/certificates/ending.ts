import { kindOf } from '../../store/revocation-store.js'
import { type AuthoritySet, ofKind } from './authority-set.js'
import { certificateFile, issuerFile, type Name } from './files.js'

const DAY_MS = 86_400_000
/** Half a year: what a CA issues ends with it, and everybody who trusts the root must get another. */
const WARNING_DAYS = 180

export function daysUntil(end: Date, now: Date): number {
  return Math.floor((end.getTime() - now.getTime()) / DAY_MS)
}

interface Ending {
  readonly name: Name
  readonly end: Date
  readonly remedy: string
}

/** A line on the CA that ends first, if that is soon; null otherwise. It changes from day to day. Successors count. */
export function endingAuthority(directory: string, set: AuthoritySet, now: Date): string | null {
  const newest = (['users', 'servers'] as const).flatMap((kind) => ofKind(set, kind).slice(0, 1))
  const ends: readonly Ending[] = [
    { name: 'root-ca', end: set.root.notAfter, remedy: 'plan its replacement' },
    ...newest.map(({ name, certificate: { notAfter } }) => ({
      name: issuerFile(name),
      end: notAfter,
      remedy: `hermes admin rotate-ca ${kindOf(name)} makes the next`,
    })),
  ]
  const first = ends.reduce((a, b) => (b.end < a.end ? b : a))
  const days = daysUntil(first.end, now)
  if (days >= WARNING_DAYS) return null
  return `${certificateFile(directory, first.name)}: this CA ends on ${first.end.toISOString()}, in ${days} days, and every certificate that it issues with it; ${first.remedy}`
}
