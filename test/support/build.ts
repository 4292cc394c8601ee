import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** What the program reads beside its own modules. */
const BESIDE = ['node_modules', 'package.json', 'prisma', 'openapi.yaml']

/**
 * Compiles src/ into a temporary folder, for tests that start the command so often that the seconds of a loader
 * count. Returns the path of `hermes`.
 */
export async function buildCommand(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-build-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  for (const name of BESIDE) await symlink(join(ROOT, name), join(directory, name))
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
  const options = ['--noCheck', '--declaration', 'false', '--sourceMap', 'false', '--outDir', join(directory, 'dist')]
  // The loaders of a test runner are not for the compiler; tap puts them back into whatever Node is spawned directly.
  const compile = ['-u', 'NODE_OPTIONS', process.execPath, tsc, '-p', join(ROOT, 'tsconfig.build.json'), ...options]
  await promisify(execFile)('env', compile)
  return join(directory, 'dist', 'cli', 'main.js')
}
