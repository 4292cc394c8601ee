import { execFile } from 'node:child_process'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'

const SOURCE = fileURLToPath(new URL('./faulty-disk.c', import.meta.url))
const run = promisify(execFile)

/** A disk that stops taking what is written, and takes it again. */
export interface FaultyDisk {
  fail(): Promise<void>
  mend(): Promise<void>
}

/** A file system of `bytes` at `folder` until the test ends; null where this process may mount none. */
export async function smallDisk(t: Test, folder: string, bytes: number): Promise<FaultyDisk | null> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  } catch {
    return null
  }
  t.teardown(() => run('umount', ['-l', folder]))
  const filler = join(folder, 'filler')
  return {
    async fail() {
      const { bsize, bavail } = await statfs(folder)
      await writeFile(filler, Buffer.alloc(bsize * bavail))
    },
    mend: () => rm(filler),
  }
}

export interface Fault {
  readonly code: 'EIO' | 'EROFS' | 'ENOSPC'
  readonly of: 'write' | 'sync'
  /** So many succeed first. */
  readonly after: number
}

/** What makes writes of a child process to the files of `folder` fail. */
export interface Faults {
  readonly environment: Readonly<Record<string, string>>
  disk(fault: Fault): FaultyDisk
}

/** `control` is a folder of the test's. Null where there is no C compiler, or nothing is preloaded. */
export async function faultsFor(folder: string, control: string): Promise<Faults | null> {
  const [library, file] = [join(control, 'faulty-disk.so'), join(control, 'fault')]
  try {
    await run('cc', ['-shared', '-fPIC', '-o', library, SOURCE, '-ldl'])
  } catch {
    return null
  }
  return {
    environment: { LD_PRELOAD: library, FAULT_FOLDER: folder, FAULT_FILE: file },
    disk: ({ code, of, after }) => ({
      fail: () => writeFile(file, `${constants.errno[code]} ${of.slice(0, 1)} ${after}`),
      mend: () => rm(file),
    }),
  }
}
