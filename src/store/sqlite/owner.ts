import { constants, type Stats } from 'node:fs'
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Made by root it is the owner's of what it lies in, as whom the server runs; so is what is put there. */
export async function makeOwnedFolder(directory: string): Promise<Stats> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first === undefined) return stat(directory)
  const owner = await stat(dirname(first))
  for (let made = directory; made.length >= first.length; made = dirname(made)) await giveFolder(made, owner)
  return owner
}

async function giveFolder(path: string, owner: Stats): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    await give(handle, owner)
  } finally {
    await handle.close()
  }
}

/** What is open, since its name may be another file's by now: the owner of the folder can give it to any. */
export async function give(handle: FileHandle, { uid, gid }: Stats): Promise<void> {
  if (process.getuid?.() === 0) await handle.chown(uid, gid)
}
