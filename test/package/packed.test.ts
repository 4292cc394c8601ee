import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { serve, temporaryFolder } from '../support/serve-process.js'

const execute = promisify(execFile)
const ROOT = resolve('.')

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** What may stand in the package beside `dist`. */
const OTHERS =
  /^(package\.json|LICENSE|README\.md|(open|async)api\.yaml|(certs\/README|docs\/errors)\.md|prisma\/(migrations|postgresql)\/.+)$/

const directory = await temporaryFolder(t)
// As it was built: scripts would build again while other tests run what is there.
const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory]
const [packed] = JSON.parse((await execute('npm', pack, { cwd: ROOT })).stdout) as readonly Packed[]
if (!packed) throw new Error('npm packed nothing')
const tarball = join(directory, packed.filename)

t.test('publint finds nothing to say', async (t) => {
  await t.resolves(execute('npx', ['publint', 'run', tarball, '--strict'], { cwd: ROOT }))
})

t.test('its types are those that every resolution of ESM finds', async (t) => {
  await t.resolves(execute('npx', ['attw', tarball, '--profile', 'esm-only'], { cwd: ROOT }))
})

t.test('it has the build of what is there, and nothing else', async (t) => {
  const isBuilt = (path: string) => {
    const source = path.replace(/^dist\//, 'src/').replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts')
    return source !== path && existsSync(join(ROOT, source))
  }
  const paths = packed.files.map(({ path }) => path)
  t.same(
    paths.filter((path) => !OTHERS.test(path) && !isBuilt(path)),
    [],
    'of no source: remove dist, and build again',
  )
  t.ok(paths.includes('prisma/migrations/0001_init/migration.sql'))
})

t.test('where its dependencies alone are beside it, the command serves and the client can be imported', async (t) => {
  const modules = join(directory, 'node_modules')
  await execute('tar', ['-xzf', tarball, '-C', directory])
  await mkdir(modules)
  const hermes = join(modules, 'hermes')
  await rename(join(directory, 'package'), hermes)
  const { dependencies } = JSON.parse(await readFile(join(hermes, 'package.json'), 'utf8')) as { dependencies: object }
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  }

  await writeFile(
    join(directory, 'client.mjs'),
    `import { HermesClient } from 'hermes/client'\nconsole.log(typeof HermesClient)\n`,
  )
  const imported = await execute(process.execPath, ['client.mjs'], { cwd: directory, env: {} })
  t.equal(imported.stdout, 'function\n')
  const refused = `import('hermes/server').catch(({ code }) => console.log(code))`
  const inner = await execute(process.execPath, ['-e', refused], { cwd: directory, env: {} })
  t.equal(inner.stdout, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n', 'what is inside stays inside')

  const server = await serve(t, { directory, command: join(hermes, 'dist/cli/main.js') })
  t.match(server.identityUrl, /^https:/)
  server.child.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
})
