import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HermesError } from '../../errors.js'
import { type IssuerKind, type IssuerName, kindOf } from '../../store/revocation-store.js'
import { refusal, systemCode } from './refusal.js'

/** The file of an issuing CA: `users-ca` is the first that issues to users, `users-2-ca` the second. */
type IssuerFile = `${IssuerName}-ca`
/** The names of pki.md "Hierarchy". */
export type Name = 'root-ca' | 'server' | IssuerFile

const NAMED = /^(?:root-ca|server|(?:users|servers)(?:-(?:[2-9]|[1-9]\d+))?-ca)\.(?:pem|key)$/

/** What to do when a file of a CA is bad. */
export const RESTORE = 'restore it from your backup (a CA is never made anew in place of one that exists)'

export const certificateFile = (directory: string, name: Name): string => join(directory, `${name}.pem`)
export const keyFile = (directory: string, name: Name): string => join(directory, `${name}.key`)
export const issuerFile = (name: IssuerName): IssuerFile => `${name}-ca`

export function issuerName(kind: IssuerKind, generation: number): IssuerName {
  return generation === 1 ? kind : `${kind}-${generation}`
}

/** From 1 on. */
export function generationOf(name: IssuerName): number {
  return Number(name.split('-')[1] ?? 1)
}

/** Whether the certificates folder gives a file of this name a meaning as a certificate or a key. */
export const isNamed = (file: string): boolean => NAMED.test(file)

/** The issuing CAs of a kind whose certificates are among these files, newest first. */
export function issuersAmong(files: Iterable<string>, kind: IssuerKind): readonly IssuerName[] {
  const names = [...files]
    .filter((file) => isNamed(file) && file.endsWith('-ca.pem') && file !== 'root-ca.pem')
    .map((file) => file.slice(0, -'-ca.pem'.length) as IssuerName)
  return names.filter((name) => kindOf(name) === kind).sort((a, b) => generationOf(b) - generationOf(a))
}

/** The text of a file; a start error that names it when it cannot be read. */
export async function readText(file: string, remedy: string): Promise<string> {
  try {
    // Whoever opens a pipe waits for its other end.
    if (!(await stat(file)).isFile()) throw refusal(file, 'it is no file', remedy)
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof HermesError) throw cause
    const code = systemCode(cause)
    const problem = code === 'ENOENT' ? 'the file is missing' : `the file cannot be read (${code ?? String(cause)})`
    throw refusal(file, problem, remedy, cause)
  }
}
