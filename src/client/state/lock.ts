import { randomUUID } from 'node:crypto'
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ClientError } from '../client-error.js'

const NAME = /^lock\.(\d+)\.[0-9a-f-]{36}$/
/** Those that this process holds: its number alone does not tell, since a container starts with the same each time. */
const held = new Set<string>()

export interface Lock {
  release(): Promise<void>
}

/**
 * Takes a folder for this process, until it is released or the process ends. Each taker makes a file of its own
 * before it looks for others, so of two at once never both succeed. Throws ClientError `directory_in_use`.
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const own = `lock.${process.pid}.${randomUUID()}`
  const path = join(directory, own)
  held.add(path)
  await (await open(path, 'wx', 0o600)).close()
  const release = async () => {
    held.delete(path)
    await rm(path, { force: true })
  }
  const other = await findOther(directory, own)
  if (other === null) return { release }
  await release()
  throw new ClientError(
    'directory_in_use',
    `process ${NAME.exec(other)?.[1]} uses ${directory}: end it, or remove ${join(directory, other)} if it is none of Hermes`,
  )
}

async function findOther(directory: string, own: string): Promise<string | null> {
  for (const name of await readdir(directory)) {
    const pid = NAME.exec(name)?.[1]
    if (pid === undefined || name === own) continue
    if (isLive(Number(pid), join(directory, name))) return name
    await rm(join(directory, name), { force: true })
  }
  return null
}

function isLive(pid: number, path: string): boolean {
  if (pid === process.pid) return held.has(path)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
