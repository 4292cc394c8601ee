import { spawnSync } from 'node:child_process'

/** Whose process a program is. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to be root's: then another runs it, who may do little. Null where whoever asks may run it. */
export function ordinaryUser(): Identity | null {
  if (process.getuid?.() !== 0) return null
  const name = ['postgres', 'nobody'].find((candidate) => idOf(candidate, '-u') !== '')
  if (name === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody')
  return { uid: Number(idOf(name, '-u')), gid: Number(idOf(name, '-g')) }
}

function idOf(name: string, which: '-u' | '-g'): string {
  return spawnSync('id', [which, name], { encoding: 'utf8' }).stdout.trim()
}
