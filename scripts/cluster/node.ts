import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program } from '../programs/program.js'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Node {
  readonly identityUrl: string
  readonly hubUrl: string
  readonly rootPem: string
  readonly rootFingerprint: string
  readonly pid: number | undefined
  end(signal: NodeJS.Signals): Promise<void>
}

/** `hermes serve` in a folder of its own. */
export async function startNode(directory: string, settings: Readonly<Record<string, string>>): Promise<Node> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('HERMES_') && name !== 'NODE_OPTIONS',
  )
  const environment = { ...Object.fromEntries(inherited), HERMES_IDENTITY_PORT: '0', HERMES_HUB_PORT: '0', ...settings }
  await mkdir(directory, { recursive: true })
  const args = ['--import', import.meta.resolve('tsx'), MAIN, 'serve']
  const program = new Program({ file: process.execPath, args, environment, directory }, 'Stop with')
  await program.start()
  const found = (pattern: RegExp) => pattern.exec(program.said)?.[1] ?? ''
  return {
    identityUrl: found(/Identity +(https:\S+)/),
    hubUrl: found(/Hub +(https:\S+)/),
    rootPem: await readFile(join(directory, 'certs', 'root-ca.pem'), 'utf8'),
    rootFingerprint: found(/(sha256:[0-9a-f]{64})/),
    pid: program.pid,
    end: (signal) => program.end(signal),
  }
}

/** Every node has the same CAs; the certificate of the server each makes itself. */
export async function shareAuthorities(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'certs'), { recursive: true, mode: 0o700 })
  for (const file of await readdir(join(from, 'certs')))
    if (/^[a-z0-9-]+-ca\.(pem|key|crl)$/.test(file)) await copyFile(join(from, 'certs', file), join(to, 'certs', file))
}
