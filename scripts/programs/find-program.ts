import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian puts programs that not every PATH has. */
const ELSEWHERE = [
  '/usr/sbin',
  '/usr/lib/postgresql/17/bin',
  '/usr/lib/postgresql/16/bin',
  '/usr/lib/postgresql/15/bin',
]

/** The path of a program, or null where it is not installed; HERMES_DEMO_PROGRAMS names the one folder to look in. */
export function findProgram(name: string): string | null {
  const only = process.env.HERMES_DEMO_PROGRAMS
  const folders = only === undefined ? [...(process.env.PATH ?? '').split(delimiter), ...ELSEWHERE] : [only]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** The path of a program. Throws Error, with the command that installs it, where it is not installed. */
export function requireProgram(name: string, debianPackage: string): string {
  const path = findProgram(name)
  if (path === null) throw new Error(`${name} is not installed; on Debian: apt-get install ${debianPackage}`)
  return path
}
