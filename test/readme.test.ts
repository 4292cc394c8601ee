import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { PAGES, withTable } from '../scripts/readme.js'

const readme = readFileSync('README.md', 'utf8')

t.test('the tables are those of the source', async (t) => {
  for (const [path, names] of Object.entries(PAGES)) {
    const page = readFileSync(path, 'utf8')
    t.equal(names.reduce(withTable, page), page, `npm run docs brings ${path} up to date`)
  }
  t.match(readme, '| `HERMES_PASSWORD_WORKERS` | `cores` |')
  const protocol = readFileSync('docs/protocol.md', 'utf8')
  t.match(
    protocol,
    '| 409 | [`roster_changed`](errors.md#roster_changed) | The members have changed since the invitation | yes |',
  )
  t.match(protocol, '| [4505](errors.md#4505) | this device connected elsewhere | do not connect again by yourself |')
  t.throws(() => withTable('no table', 'errors'), /needs the markers/)
  t.throws(() => withTable('<!-- /errors --> <!-- errors -->', 'errors'), /in this order/)
})

t.test('the table replaces what stood between the markers', async (t) => {
  const page = 'before\n<!-- configuration -->\nwhat stood here\n<!-- /configuration -->\nafter\n'
  const made = withTable(page, 'configuration')
  t.match(made, /^before\n<!-- configuration -->\n\| variable /)
  t.match(made, /\|\n<!-- \/configuration -->\nafter\n$/)
  t.notMatch(made, /what stood here/)
})

t.test('CI runs the command that README gives', async (t) => {
  const command = /## Test\n\n```sh\n(.+)\n```/.exec(readme)?.[1] ?? 'none'
  t.ok(readFileSync('.ci/run', 'utf8').split('\n').includes(`${command} || status=$?`), `it runs ${command}`)
})

t.test('links between the pages lead somewhere', async (t) => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'certs/README.md']
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path))
  for (const page of [...pages, ...docs.filter((path) => path.endsWith('.md'))]) {
    const text = readFileSync(page, 'utf8').replace(/`[^`\n]*`/g, '')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      t.ok(existsSync(join(dirname(page), target)), `${page} links to ${target}`)
  }
})
