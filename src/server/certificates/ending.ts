import type { Authorities } from './authorities.js'
import { certificateFile } from './files.js'

const DAY_MS = 86_400_000
/** Half a year: what a CA issues ends with it, and everybody who trusts the root must get another. */
const WARNING_DAYS = 180

export function daysUntil(end: Date, now: Date): number {
  return Math.floor((end.getTime() - now.getTime()) / DAY_MS)
}

/** A line on the CA that ends first, if that is soon; null otherwise. It changes from day to day. */
export function endingAuthority(
  directory: string,
  { root, users, servers }: Omit<Authorities, 'rootSigner'>,
  now: Date,
): string | null {
  const ends = [
    { name: 'root-ca', end: root.notAfter },
    { name: 'users-ca', end: users.notAfter },
    { name: 'servers-ca', end: servers.notAfter },
  ] as const
  const first = ends.reduce((a, b) => (b.end < a.end ? b : a))
  const days = daysUntil(first.end, now)
  if (days >= WARNING_DAYS) return null
  return `${certificateFile(directory, first.name)}: this CA ends on ${first.end.toISOString()}, in ${days} days, and every certificate that it issues with it; plan its replacement`
}
