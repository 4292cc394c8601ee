import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { tryLock } from '../../src/store/sqlite/lock.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { registered } from './fixtures.js'

const OPEN = fileURLToPath(new URL('../../src/store/sqlite/open.ts', import.meta.url))
const PROGRAM = `
  const { openSqliteStore } = await import(process.argv[1])
  await openSqliteStore({ url: process.argv[2], exclusive: true })
  process.stdout.write('open')
  setInterval(() => {}, 1000)`

const IN_USE = { code: 'unavailable', message: /hermes\.db is in use by another Hermes process; / }

t.test('an exclusive store is refused while another has the database, until that one is closed', async (t) => {
  const url = `file:${t.testdir()}/hermes.db`
  const first = await openSqliteStore({ url, exclusive: true })
  await t.rejects(openSqliteStore({ url, exclusive: true }), IN_USE)
  await t.rejects(openSqliteStore({ url, exclusive: true }), IN_USE, 'a refusal gives nothing back')
  await registered(first)
  await first.close()
  const second = await openSqliteStore({ url, exclusive: true })
  await second.close()
})

t.test('a link to a database is that database', async (t) => {
  const folder = t.testdir({ elsewhere: {} })
  const first = await openSqliteStore({ url: `file:${folder}/hermes.db`, exclusive: true })
  symlinkSync(join(folder, 'hermes.db'), join(folder, 'elsewhere', 'link.db'))
  await t.rejects(openSqliteStore({ url: `file:${folder}/elsewhere/link.db`, exclusive: true }), IN_USE)
  await first.close()
})

t.test('the lock of a process goes with it, also by kill -9', async (t) => {
  const url = `file:${t.testdir()}/hermes.db`
  const args = ['--import=tsx', '--input-type=module', '-e', PROGRAM, OPEN, url]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  await t.rejects(openSqliteStore({ url, exclusive: true }), IN_USE)
  child.kill('SIGKILL')
  await once(child, 'close')
  await (await openSqliteStore({ url, exclusive: true })).close()
})

t.test('a store that is not exclusive asks nobody', async (t) => {
  const url = `file:${t.testdir()}/hermes.db`
  const first = await openSqliteStore({ url, exclusive: true })
  const second = await openSqliteStore({ url })
  await registered(second)
  await Promise.all([first.close(), second.close()])
})

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root gives a file to another user' }
t.test('in a folder of another user root gives away what it makes, and nothing that a link leads to', asRoot, (t) => {
  const elsewhere = t.testdir({ theirs: {} })
  const folder = join(elsewhere, 'theirs')
  chownSync(folder, 12_345, 12_345)
  tryLock(join(folder, 'lock'))?.close()
  t.equal(statSync(join(folder, 'lock')).uid, 12_345)
  const [shadow, absent] = [join(elsewhere, 'shadow'), join(elsewhere, 'absent')]
  writeFileSync(shadow, '')
  symlinkSync(shadow, join(folder, 'first'))
  symlinkSync(absent, join(folder, 'second'))
  tryLock(join(folder, 'first'))?.close()
  t.equal(statSync(shadow).uid, 0)
  t.throws(() => tryLock(join(folder, 'second')))
  t.notOk(existsSync(absent))
  t.end()
})
