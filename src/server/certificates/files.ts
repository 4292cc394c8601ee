import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { refusal, systemCode } from './refusal.js'

/** The names of pki.md "Hierarchy". */
export const NAMES = ['root-ca', 'users-ca', 'servers-ca', 'server'] as const
export type Name = (typeof NAMES)[number]

/** What to do when a file of a CA is bad. */
export const RESTORE = 'restore it from your backup (a CA is never made anew in place of one that exists)'

export const certificateFile = (directory: string, name: Name): string => join(directory, `${name}.pem`)
export const keyFile = (directory: string, name: Name): string => join(directory, `${name}.key`)

/** The text of a file; a start error that names it when it cannot be read. */
export async function readText(file: string, remedy: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = systemCode(cause)
    const problem = code === 'ENOENT' ? 'the file is missing' : `the file cannot be read (${code ?? String(cause)})`
    throw refusal(file, problem, remedy, cause)
  }
}
