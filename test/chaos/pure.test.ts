import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'
import { readSource } from '../architecture/source.js'

const MAY_IMPORT = /^(chaos\/(check|history\/(entry|history)\.js)|src\/(client|wire)\/)/

t.test('the checker looks at histories alone: no I/O, no clock', async (t) => {
  const paths = readdirSync('chaos/check').map((name) => `chaos/check/${name}`)
  t.ok(paths.length > 0)
  for (const path of paths) {
    const { references, uses } = readSource(path, readFileSync(path, 'utf8'))
    const imports = references.map(({ module }) => posix.join(posix.dirname(path), module ?? '?'))
    t.same(
      imports.filter((module) => !MAY_IMPORT.test(module)),
      [],
      path,
    )
    t.same(
      uses.filter(({ what }) => what !== 'waiting'),
      [],
      path,
    )
  }
})
