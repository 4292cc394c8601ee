import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { lockDirectory } from '../../../src/client/state/lock.js'
import { temporaryFolder } from '../../support/serve-process.js'

const nameOf = (pid: number) => `lock.${pid}.00000000-0000-4000-8000-000000000000`

t.test('one holder at a time, also in one process', async (t) => {
  const directory = await temporaryFolder(t)
  const lock = await lockDirectory(directory)
  await t.rejects(lockDirectory(directory), {
    code: 'directory_in_use',
    message: new RegExp(`process ${process.pid} `),
  })
  t.equal((await readdir(directory)).length, 1, 'whoever is refused leaves nothing behind')
  await lock.release()
  await (await lockDirectory(directory)).release()
  t.same(await readdir(directory), [])
})

t.test('of many at once never two succeed', async (t) => {
  const directory = await temporaryFolder(t)
  for (let round = 0; round < 20; round++) {
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => lockDirectory(directory)))
    const held = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    t.ok(held.length <= 1, `${held.length} hold it`)
    for (const lock of held) await lock.release()
  }
})

t.test('a process that has ended holds nothing, one that lives does', async (t) => {
  const directory = await temporaryFolder(t)
  const ended = spawnSync(process.execPath, ['-e', '']).pid
  await writeFile(join(directory, nameOf(ended)), '')
  await (await lockDirectory(directory)).release()
  t.same(await readdir(directory), [])
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  await writeFile(join(directory, nameOf(child.pid ?? 0)), '')
  await t.rejects(lockDirectory(directory), { code: 'directory_in_use' })
  child.kill()
  await once(child, 'exit')
  await (await lockDirectory(directory)).release()
})

t.test('the number of this process in a lock of before is no holder', async (t) => {
  const directory = await temporaryFolder(t)
  await writeFile(join(directory, nameOf(process.pid)), '')
  await (await lockDirectory(directory)).release()
  t.same(await readdir(directory), [])
})
