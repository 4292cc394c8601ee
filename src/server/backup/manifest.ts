import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { HermesError } from '../../errors.js'
import { isNamed, issuerFile, issuersAmong } from '../certificates/files.js'
import { ROOT_CRL } from '../certificates/root-crl.js'
import { writeSynced } from './files.js'

/** The database of a backup, as SQLite has it; its certificates are in the folder certs. */
export const DATABASE = 'hermes.db'
/** The folder that has it as `hermes admin export` writes it, where it was in PostgreSQL. */
export const EXPORT = 'database'

const MANIFEST = 'manifest.json'

const Manifest = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  /** SHA-256 of each file, by its path in the backup. */
  files: z.record(z.string(), z.string()),
})
export type Manifest = z.infer<typeof Manifest>

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

export async function writeManifest(folder: string, names: readonly string[], now: Date): Promise<Manifest> {
  const hashes = names.map(async (name) => [name, await hashOf(join(folder, name))] as const)
  const manifest = {
    format: 1,
    createdAt: now.toISOString(),
    files: Object.fromEntries(await Promise.all(hashes)),
  } as const
  await writeSynced(
    join(folder, MANIFEST),
    Buffer.from(`${JSON.stringify(manifest, null, 2)}
`),
  )
  return manifest
}

/** What a backup holds, each file as it was written. Throws `invalid_request` naming the first that is not. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch((cause: unknown) => {
    throw refusal(`${folder} is no backup: it has no ${MANIFEST}`, cause)
  })
  const manifest = parse(folder, text)
  for (const [name, hash] of Object.entries(manifest.files)) {
    const found = await hashOf(join(folder, name)).catch(() => null)
    if (found !== hash)
      throw refusal(`${join(folder, name)} is ${found === null ? 'missing' : 'not as it was written'}`)
  }
  const missing = missingAmong(Object.keys(manifest.files))
  if (missing !== undefined) throw refusal(`${join(folder, MANIFEST)} does not name ${missing}`)
  return manifest
}

/** A file without which the others are of no use, such as a CA that issues; undefined where all are there. */
export function missingAmong(names: readonly string[]): string | undefined {
  const files = names.filter(isCertificate).map((name) => basename(name))
  const newest = (['users', 'servers'] as const).map((kind) => issuerFile(issuersAmong(files, kind)[0] ?? kind))
  const needed = [
    names.includes(`${EXPORT}/manifest.json`) ? `${EXPORT}/manifest.json` : DATABASE,
    'certs/root-ca.pem',
    ...newest.flatMap((name) => [`certs/${name}.pem`, `certs/${name}.key`]),
  ]
  return needed.find((name) => !names.includes(name))
}

/** Whether it is a file of the certificates folder; backups of earlier versions have others beside. */
export function isCertificate(path: string): boolean {
  const name = basename(path)
  return path === `certs/${name}` && (isNamed(name) || name === ROOT_CRL)
}

function parse(folder: string, text: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw refusal(`${join(folder, MANIFEST)} is not what this program writes`, cause)
  }
}

function refusal(problem: string, cause?: unknown): HermesError {
  return new HermesError('invalid_request', `${problem}; take another backup`, { cause })
}
