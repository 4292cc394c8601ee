import type { Stats } from 'node:fs'
import { lchown, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Made by root it is the owner's of what it lies in, as whom the server runs; so is what is put there. */
export async function makeOwnedFolder(directory: string): Promise<Stats> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first === undefined) return stat(directory)
  const owner = await stat(dirname(first))
  for (let made = directory; made.length >= first.length; made = dirname(made)) await give(made, owner)
  return owner
}

export async function give(path: string, { uid, gid }: Stats): Promise<void> {
  if (process.getuid?.() === 0) await lchown(path, uid, gid)
}
