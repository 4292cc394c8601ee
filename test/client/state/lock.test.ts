import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lockDirectory } from '../../../src/client/state/lock.js'
import { temporaryFolder } from '../../support/serve-process.js'

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

/** A process that holds the folder, until it is killed. */
async function holder(t: Test, directory: string) {
  const code = `import { lockDirectory } from ${JSON.stringify(String(new URL('../../../src/client/state/lock.ts', import.meta.url)))}
    await lockDirectory(${JSON.stringify(directory)})
    console.log('held')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

t.test('a process that was killed holds nothing, though another has its number; one that lives does', async (t) => {
  const directory = await temporaryFolder(t)
  const child = await holder(t, directory)
  await t.rejects(lockDirectory(directory), {
    code: 'directory_in_use',
    message: new RegExp(`process ${child.pid} uses`),
  })
  child.kill('SIGSTOP')
  await t.rejects(lockDirectory(directory), { code: 'directory_in_use' }, 'one that was stopped')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const [left = ''] = await readdir(directory)
  const other = spawn('sleep', ['60'])
  t.teardown(() => other.kill())
  await once(other, 'spawn')
  await rename(join(directory, left), join(directory, left.replace(String(child.pid), String(other.pid))))
  await (await lockDirectory(directory)).release()
  t.same(await readdir(directory), [])
})

t.test('the number of this process in a lock of before is no holder', async (t) => {
  const directory = await temporaryFolder(t)
  await writeFile(join(directory, `lock.${process.pid}.00000000-0000-4000-8000-000000000000`), '')
  await (await lockDirectory(directory)).release()
  t.same(await readdir(directory), [])
})

t.test('a folder far down is locked as well', async (t) => {
  const directory = join(await temporaryFolder(t), 'a'.repeat(100), 'b'.repeat(100))
  await mkdir(directory, { recursive: true })
  const lock = await lockDirectory(directory)
  await t.rejects(lockDirectory(directory), { code: 'directory_in_use' })
  await lock.release()
  t.same(await readdir(directory), [])
})

t.test('a folder that takes no socket says so', async (t) => {
  await t.rejects(lockDirectory('/proc/self/task'), { code: 'directory_unfit', message: /cannot be locked/ })
})
