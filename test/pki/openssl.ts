import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own and the OpenSSL command line in it. */
export interface Workbench {
  readonly folder: string
  write(name: string, content: string | Uint8Array): string
  read(name: string): string
  /** Runs openssl with blank-separated arguments; throws with its words when it fails. */
  openssl(args: string, input?: string): string
  /** The same, but tells whether it succeeded. */
  succeeds(args: string): boolean
}

export function createWorkbench(t: { teardown(fn: () => void): void }): Workbench {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-pki-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const run = (args: string, input = '') =>
    spawnSync('openssl', args.split(' '), { cwd: folder, input, encoding: 'utf8' })
  return {
    folder,
    write(name, content) {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    openssl(args, input) {
      const { status, stdout, stderr } = run(args, input)
      if (status !== 0) throw new Error(`openssl ${args}: ${stderr}`)
      return stdout
    },
    succeeds: (args) => run(args).status === 0,
  }
}

/** The code and sentence of what `act` throws. */
export function refusalOf(act: () => unknown): { code: string; message: string } {
  try {
    act()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { code: String(error.code), message: error.message }
    throw error
  }
  return { code: 'accepted', message: '' }
}
