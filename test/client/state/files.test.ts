import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { z } from 'zod'
import { jsonFile, privateFolder, readPrivate, writePrivate } from '../../../src/client/state/files.js'
import { temporaryFolder } from '../../support/serve-process.js'

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

t.test('folders are 0700, files 0600, whatever the umask', async (t) => {
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  const directory = join(await temporaryFolder(t), 'a', 'b')
  await privateFolder(directory)
  t.equal(await modeOf(directory), '700')
  await writePrivate(join(directory, 'x'), 'text')
  t.equal(await modeOf(join(directory, 'x')), '600')
  t.equal(await readPrivate(join(directory, 'x')), 'text')
  t.same(await readdir(directory), ['x'], 'no draft is left')
  t.equal(await readPrivate(join(directory, 'y')), null)
})

t.test('what others may enter or read is refused', async (t) => {
  const directory = join(await temporaryFolder(t), 'open')
  await mkdir(directory)
  await chmod(directory, 0o755)
  await t.rejects(privateFolder(directory), { code: 'directory_unsafe', message: /chmod 700/ })
  await writeFile(join(directory, 'x'), 'text', { mode: 0o644 })
  await t.rejects(readPrivate(join(directory, 'x')), { code: 'directory_unsafe', message: /chmod 600/ })
})

t.test('JSON of another shape is damage, and writes take effect in order', async (t) => {
  const directory = await temporaryFolder(t)
  const file = jsonFile(directory, 'n.json', z.object({ n: z.int() }))
  t.equal(await file.read(), null)
  await Promise.all(Array.from({ length: 20 }, (_, n) => file.write({ n })))
  t.same(await file.read(), { n: 19 })
  await writePrivate(join(directory, 'n.json'), '{"n":1')
  await t.rejects(file.read(), { code: 'directory_damaged', message: /n\.json/ })
})
