import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** What the program reads beside its own modules. */
const BESIDE = ['node_modules', 'package.json', 'prisma', 'openapi.yaml', 'asyncapi.yaml', 'docs']

/** Where each state of src/ is compiled once, for all tests of a run and those after it. */
const BUILDS = join(ROOT, '.tap', 'builds')
/** Builds of other states stay so long, for a run that may be using them. */
const STALE_MS = 3_600_000

/** Where this test is compiled, so is the command. */
const COMPILED = import.meta.url.endsWith('.js') ? join(ROOT, 'src', 'cli', 'main.js') : null

/**
 * Compiles src/ as it is now, unless another test has: the seconds of a compiler or of a loader, at each start of the
 * command, count. Returns the path of `hermes`.
 */
export async function buildCommand(): Promise<string> {
  if (COMPILED) return COMPILED
  const directory = join(BUILDS, stateOf(join(ROOT, 'src')))
  const command = join(directory, 'dist', 'cli', 'main.js')
  if (existsSync(command)) return command
  await mkdir(BUILDS, { recursive: true })
  await removeStale()
  const draft = await mkdtemp(join(BUILDS, 'draft-'))
  await compileInto(draft)
  // Of two tests that compile at once, the second finds the first one's there.
  await rename(draft, directory).catch(() => rm(draft, { recursive: true, force: true }))
  return command
}

/** Names, sizes and times of all files. */
function stateOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const hash = createHash('sha256')
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(folder, file))
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

async function removeStale(): Promise<void> {
  for (const name of await readdir(BUILDS)) {
    const { mtimeMs } = await stat(join(BUILDS, name))
    if (Date.now() - mtimeMs > STALE_MS) await rm(join(BUILDS, name), { recursive: true, force: true })
  }
}

async function compileInto(directory: string): Promise<void> {
  for (const name of BESIDE) await symlink(join(ROOT, name), join(directory, name))
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
  const options = ['--noCheck', '--declaration', 'false', '--sourceMap', 'false', '--outDir', join(directory, 'dist')]
  await promisify(execFile)(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), ...options])
}
