import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Finished {
  readonly code: number
  /** Both streams. */
  readonly output: string
}

/**
 * Runs openssl; `files` are written to a folder of their own first, and stand for their paths in `args` as `@name`.
 */
export async function openssl(
  files: Readonly<Record<string, string | Uint8Array>>,
  ...args: readonly string[]
): Promise<Finished> {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
    const { stdout, stderr } = await run(
      'openssl',
      args.map((arg) => arg.replace(/^@/, `${directory}/`)),
    )
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, output: stdout + stderr }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
