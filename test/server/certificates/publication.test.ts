import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { chown, lchown } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { prepareDirectory, publish, READY } from '../../../src/server/certificates/publication.js'

/** Nobody's, of whom each system has one. */
const STRANGER = 65_534
const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root is led by what is in the folder of another' }
const FILES = new Map([['server.key', 'a key']])

/** A folder of another user, and one that is root's alone. */
async function folders(t: Test) {
  const top = t.testdir({ certs: {}, private: { 'secret.txt': 'of root' } })
  const [certs, secret] = [join(top, 'certs'), join(top, 'private')]
  chmodSync(secret, 0o750)
  for (const path of [top, certs]) await chown(path, STRANGER, STRANGER)
  const link = async (name: string) => {
    symlinkSync(secret, name)
    await lchown(name, STRANGER, STRANGER)
  }
  const isUntouched = () => {
    t.same(readdirSync(secret), ['secret.txt'], 'nothing is taken from there, or put there')
    t.equal(statSync(secret).mode & 0o777, 0o750)
  }
  return { top, certs, secret, link, isUntouched }
}

t.test('a link in the place of a set that is ready moves nothing', asRoot, async (t) => {
  const { certs, link, isUntouched } = await folders(t)
  await link(join(certs, READY))
  for (const act of [() => publish(certs, FILES), () => prepareDirectory(certs)])
    await t.rejects(act(), { code: 'invalid_request', message: /\.ready: it is no folder.*remove it/ })
  isUntouched()
})

t.test('a link that takes the place of the folder that is being written gets nothing', asRoot, async (t) => {
  const { certs, link, isUntouched } = await folders(t)
  const files = new Map(FILES)
  // Asked for the first file, just before it is written.
  const swapped = Object.assign(files, {
    [Symbol.iterator]: function* () {
      const [writing = ''] = readdirSync(certs).filter((name) => name.startsWith('.writing-'))
      renameSync(join(certs, writing), join(certs, 'aside'))
      symlinkSync(join(certs, '..', 'private'), join(certs, writing))
      yield* FILES.entries()
    },
  })
  await t.rejects(publish(certs, swapped), { code: 'invalid_request' })
  isUntouched()
  t.notOk(existsSync(join(certs, 'server.key')))
  await publish(certs, FILES).catch(() => {})
  isUntouched()
  await link(join(certs, '.writing-broken'))
  await publish(certs, FILES).catch(() => {})
  isUntouched()
})

t.test('a link in the place of the folder itself changes nobody else', asRoot, async (t) => {
  const { top, link, isUntouched } = await folders(t)
  await link(join(top, 'linked'))
  const refused = { code: 'invalid_request', message: /linked: it is a link to a folder of somebody else/ }
  await t.rejects(publish(join(top, 'linked'), FILES), refused)
  isUntouched()
})

t.test('a link to a folder of the one who made it is followed', asRoot, async (t) => {
  const { top, certs } = await folders(t)
  symlinkSync(certs, join(top, 'roots'))
  symlinkSync(certs, join(top, 'own'))
  await lchown(join(top, 'own'), STRANGER, STRANGER)
  for (const name of ['roots', 'own']) await publish(join(top, name), FILES)
  const { uid } = statSync(join(certs, 'server.key'))
  t.equal(uid, STRANGER)
})

t.test('what was left half written goes, and not what a link in it leads to', async (t) => {
  const certs = t.testdir({ '.writing-1': { 'server.key': 'half', deeper: { 'a.pem': '' } }, elsewhere: { kept: '' } })
  symlinkSync(join(certs, 'elsewhere'), join(certs, '.writing-1', 'deeper', 'link'))
  symlinkSync(join(certs, 'elsewhere'), join(certs, '.writing-2'))
  writeFileSync(join(certs, '.writing-3'), 'a file')
  await publish(certs, FILES)
  t.same(
    readdirSync(certs).filter((name) => name.startsWith('.writing')),
    [],
  )
  t.ok(existsSync(join(certs, 'elsewhere', 'kept')))
  mkdirSync(join(certs, '.writing-4'))
  await prepareDirectory(certs)
  t.notOk(existsSync(join(certs, '.writing-4')))
})
