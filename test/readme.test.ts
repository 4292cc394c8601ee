import { readFileSync } from 'node:fs'
import t from 'tap'
import { withConfiguration } from '../scripts/readme.js'

const readme = readFileSync('README.md', 'utf8')

t.test('the table of variables is that of the configuration', async (t) => {
  t.equal(withConfiguration(readme), readme, 'npm run docs brings it up to date')
  t.match(readme, '| `HERMES_PASSWORD_WORKERS` | `cores` |')
  t.throws(() => withConfiguration('no table'), /needs the markers/)
  t.throws(() => withConfiguration('<!-- /configuration --> <!-- configuration -->'), /in this order/)
})

t.test('the table replaces what stood between the markers', async (t) => {
  const made = withConfiguration('before\n<!-- configuration -->\nwhat stood here\n<!-- /configuration -->\nafter\n')
  t.match(made, /^before\n<!-- configuration -->\n\| variable /)
  t.match(made, /\|\n<!-- \/configuration -->\nafter\n$/)
  t.notMatch(made, /what stood here/)
})

t.test('CI runs the command that README gives', async (t) => {
  const command = /## Test\n\n```sh\n(.+)\n```/.exec(readme)?.[1] ?? 'none'
  t.ok(readFileSync('.ci/run', 'utf8').split('\n').includes(`${command} || status=$?`), `it runs ${command}`)
})
